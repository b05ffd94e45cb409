// @vitest-environment happy-dom
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeSession } from "../testing/fakeSession";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
  vi.resetModules();
  localStorage.clear();
  sessionStorage.clear();
});

afterEach(() => vi.unstubAllGlobals());

/** What a page imports; another tab has modules of its own. */
async function tab() {
  vi.resetModules();
  const { browserDatabase } = await import("./database");
  return {
    database: browserDatabase(),
    ...(await import("./storage")),
    ...(await import("./forget")),
  };
}

it("leaves nothing in the storages and no database, and loads the page again", async () => {
  const { database, writeTab, writeDevice, forgetDevice } = await tab();
  writeTab("name", "Ada");
  writeDevice("invite", "secret");
  await database.put("log/Ada/general", { text: "kept" });

  const reload = vi.fn();
  await forgetDevice({ reload });
  expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
  expect(await indexedDB.databases()).toEqual([]);
  expect(reload).toHaveBeenCalledOnce();
});

it("stores nothing any more of what this page still had to write", async () => {
  const { database, writeTab, readDevice, forgetDevice } = await tab();
  await forgetDevice({ reload: () => {} });
  writeTab("draft.Ada/general", "half");
  await database.put("log/Ada/general", { text: "late" });

  expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
  expect(await indexedDB.databases()).toEqual([]);
  expect(readDevice("name")).toBeNull();
});

it("deletes the database under another tab, which has it open", async () => {
  const other = await tab();
  await other.database.put("outbox/Ada/general/n1", { text: "waits" });
  const { forgetDevice } = await tab();
  await forgetDevice({ reload: () => {} });
  expect(await indexedDB.databases()).toEqual([]);
});

it("leaves a chat of this origin behind another path alone", async () => {
  localStorage.setItem("fireside/chat.name", "Bob");
  localStorage.setItem("other", "app");
  const { writeDevice, forgetDevice } = await tab();
  writeDevice("name", "Ada");
  await forgetDevice({ reload: () => {} });
  expect({ ...localStorage }).toEqual({ "fireside/chat.name": "Bob", other: "app" });
});

it("loads the page again also where a browser forbids storage", async () => {
  const forbidden = new Proxy(
    {},
    {
      get: () => {
        throw new Error("forbidden");
      },
      ownKeys: () => {
        throw new Error("forbidden");
      },
    },
  );
  for (const name of ["localStorage", "sessionStorage", "indexedDB"])
    vi.stubGlobal(name, forbidden);
  const { forgetDevice } = await tab();
  const reload = vi.fn();
  await forgetDevice({ reload });
  expect(reload).toHaveBeenCalledOnce();
});

it("is noticed by a tab that slept meanwhile, and not by one that has never joined", async () => {
  const { isForgotten, rememberName } = await import("../join/remembered");
  expect(isForgotten()).toBe(false);
  rememberName("Ada");
  sessionStorage.setItem("fireside.draft.Ada/general", "half");
  expect(isForgotten()).toBe(false);
  localStorage.clear();
  expect(isForgotten()).toBe(true);
  const { eraseTab } = await import("./storage");
  eraseTab();
  expect(sessionStorage).toHaveLength(0);
});

it("is noticed by a tab that was only opened while another one had joined", async () => {
  const { isForgotten, noteRemembered } = await import("../join/remembered");
  noteRemembered();
  expect(sessionStorage).toHaveLength(0);
  localStorage.setItem("fireside.name", "Ada");
  noteRemembered();
  localStorage.clear();
  expect(isForgotten()).toBe(true);
});

it("is not what a tab thinks whose name never fitted on the device", async () => {
  const full = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  vi.stubGlobal("localStorage", { ...fakeSession(), setItem: full });
  const before = await import("../join/remembered");
  before.rememberName("Ada");
  expect(before.isForgotten()).toBe(false);
  vi.resetModules();
  const { isForgotten, rememberedName } = await import("../join/remembered");
  expect(isForgotten()).toBe(false);
  expect(rememberedName()).toBe("Ada");
});
