import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: {
      $bindings: here("./src/lib/bindings"),
      $lib: here("./src/lib"),
      $components: here("./src/components"),
    },
  },
  plugins: [svelte(), svelteTesting()],
  clearScreen: false,
  server: { port: 1420, strictPort: true, host: "127.0.0.1" },
  build: {
    // WebView2, WKWebView of macOS 13, WebKitGTK 2.40: the oldest that Tauri 2 runs on here.
    target: ["es2022", "safari16"],
    sourcemap: false,
    outDir: "dist",
    emptyOutDir: true,
    // The content policy is `font-src 'self'`: no font may become a data: URL.
    assetsInlineLimit: 0,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    // A whole window under axe takes seconds on a busy machine.
    testTimeout: 30_000,
    setupFiles: ["src/lib/backend/testing/setup.ts"],
  },
});
