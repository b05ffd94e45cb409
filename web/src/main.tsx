/** Starts the page. */

import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { takeInvite } from "./connection/invite";
import { eraseTab } from "./device/storage";
import { isForgotten, noteRemembered } from "./join/remembered";
import { takeLinks } from "./people/links";

if (isForgotten()) eraseTab();
noteRemembered();
takeLinks();
takeInvite();
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
