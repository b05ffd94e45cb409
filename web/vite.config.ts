import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const LOCAL_SERVER = "127.0.0.1:8080";

export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    // Into the Python package: the wheel carries the page, so running it needs no Node.
    outDir: "../src/fireside/web",
    emptyOutDir: true,
    target: "es2022",
    // Both know light-dark(): one token, two lights.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // A preload script would be the only inline code; one chunk needs none.
    modulePreload: { polyfill: false },
  },
  server: {
    // Of localhost's two addresses it would take one, and leave the other to anybody.
    host: "127.0.0.1",
    proxy: {
      "/ws": { target: `ws://${LOCAL_SERVER}`, ws: true },
      "/config.json": { target: `http://${LOCAL_SERVER}` },
    },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}", "scripts/*.test.mjs"],
    // No test depends on the speed of the machine; this only ends one that hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A page takes a second to make: a file whose tests need one says so in its first line.
    environment: "node",
    maxWorkers: "100%", // by default one core is left idle
    restoreMocks: true,
    sequence: { shuffle: true },
  },
});
