import { describe, expect, it } from "vitest";
import type { Status } from "$bindings/Status";
import { openSession } from "$lib/backend/testing/words";
import { statusWords } from "./status";

const NOW = Date.UTC(2026, 2, 4, 15);
const calm: Status = {
  connection: "online",
  checked: NOW - 4000,
  firstSync: null,
  waitingToSend: 0,
  needsYou: 0,
  tablesNotSaved: 0,
  index: null,
  clockOffMinutes: null,
  clockOffsetMs: 0,
  unreadable: 0,
  push: true,
};
const said = (change: Partial<Status>) => {
  const { tone, lines } = statusWords({ ...calm, ...change }, openSession(), NOW);
  return [tone, ...lines.map((line) => line.text)];
};

describe("the foot of the rail", () => {
  it.each<[Partial<Status>, string[]]>([
    [{}, ["well", "All sent · checked 4 s ago"]],
    [{ waitingToSend: 2 }, ["waiting", "2 waiting to send", "Checked 4 s ago"]],
    [{ needsYou: 1 }, ["trouble", "1 needs you", "Checked 4 s ago"]],
    [
      { tablesNotSaved: 1 },
      ["trouble", "A change of the practice’s tables was not saved", "Checked 4 s ago"],
    ],
    [
      { tablesNotSaved: 2 },
      ["trouble", "2 changes of the practice’s tables were not saved", "Checked 4 s ago"],
    ],
    [{ connection: "offline", checked: NOW - 420_000 }, ["waiting", "Offline", "Checked 7 min ago"]],
    [{ connection: "sign-in-again" }, ["trouble", "Sign in again", "Checked 4 s ago"]],
    [{ firstSync: 3412, checked: null }, ["waiting", "First sync: 3,412 messages so far"]],
    [{ index: { indexed: 1, total: 8 } }, ["well", "All sent · checked 4 s ago", "Search index 12 %"]],
    [{ clockOffMinutes: -14 }, ["well", "All sent · checked 4 s ago", "This clock is off by 14 min"]],
  ])("%j", (change, words) => {
    expect(said(change)).toEqual(words);
  });

  it("leads to what its lines are about", () => {
    const { lines } = statusWords({ ...calm, needsYou: 1, tablesNotSaved: 1 }, openSession(), NOW);
    expect(lines.map(({ queue, page }) => queue ?? page)).toEqual(["unsent", "practice", undefined]);
  });

  it("never says that all is sent while something waits or needs a person", () => {
    for (const change of [{ waitingToSend: 1 }, { needsYou: 1 }, { connection: "offline" as const }]) {
      expect(said(change).join(" ")).not.toContain("All sent");
    }
  });
});
