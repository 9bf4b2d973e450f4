/**
 * A scene for tests: the whole window on the scripted practice, driven by keyboard, with its frames run at once.
 */
import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { onTestFinished } from "vitest";
import { Registry } from "$lib/actions/registry.svelte";
import { LiveQueries } from "$lib/query/live.svelte";
import { Tern } from "$lib/tern.svelte";
import App from "../../../App.svelte";
import { MemoryBackend } from "./memory";

export interface Scene {
  practice: MemoryBackend;
  tern: Tern;
  user: UserEvent;
}

/** Opens the window; `prepare` sets the practice up before anything is asked. */
export async function scene(prepare: (practice: MemoryBackend) => void = () => {}): Promise<Scene> {
  const practice = new MemoryBackend();
  prepare(practice);
  const tern = new Tern(practice, {
    queries: new LiveQueries((run) => queueMicrotask(run)),
    registry: new Registry("Linux"),
  });
  const end = await tern.begin();
  onTestFinished(end);
  render(App, { tern });
  return { practice, tern, user: userEvent.setup() };
}

/** The scene with the list on screen. */
export async function inbox(prepare?: (practice: MemoryBackend) => void): Promise<Scene> {
  const opened = await scene(prepare);
  await waitFor(() => screen.getByTestId("list"));
  await waitFor(() => {
    if (opened.practice.callsOf("envelopes").length === 0) throw new Error("nothing asked yet");
  });
  return opened;
}

/** The row that is selected, by its thread; none while there is none. */
export function selected(): string | null {
  const row = document.querySelector<HTMLElement>("[role=option][aria-selected=true]");
  return row?.dataset["testid"]?.replace(/^envelope-/, "") ?? null;
}

/** The threads of the rows, from top to bottom. */
export function rows(): string[] {
  return [...document.querySelectorAll<HTMLElement>("[data-testid^=envelope-]")].map(
    (row) => row.dataset["testid"]?.replace(/^envelope-/, "") ?? "",
  );
}
