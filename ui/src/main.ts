import "./lib/theme/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import type { Backend } from "./lib/backend/backend";
import { Tern } from "./lib/tern.svelte";

/** The program; in `--mode preview` a scripted one, which no production build contains. */
async function backend(): Promise<Backend> {
  if (import.meta.env.MODE === "preview") {
    const { preview } = await import("./lib/backend/testing/preview");
    return preview(new URLSearchParams(location.search));
  }
  return (await import("./lib/backend/tauri")).tauri;
}

const tern = new Tern(await backend());
mount(App, { target: document.getElementById("app")!, props: { tern } });
// Before the first answer the window is empty; a failure is a notice in it.
await tern.begin().catch(tern.fail);
