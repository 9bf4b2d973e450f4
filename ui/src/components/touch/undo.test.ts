import { describe, expect, it, vi } from "vitest";
import { type Done, UndoStack } from "./undo.svelte";

function done(outcome: Done["outcome"], name: string): Done {
  return { outcome, name, what: "", rows: 1, touch: "t-leo" };
}

describe("what can be taken back", () => {
  it("goes to the moment, though the screen's clock moves once a second", () => {
    vi.useFakeTimers();
    const undo = new UndoStack(() => 1000);
    undo.add({ undo: "a", undoUntil: 3500 }, done("closed", "Leo"));
    undo.add({ undo: "b", undoUntil: 4000 }, done("replied", "Ana"));
    expect(undo.latest?.undo).toBe("b");
    vi.advanceTimersByTime(2999);
    expect(undo.latest?.undo).toBe("b");
    vi.advanceTimersByTime(1);
    expect(undo.latest).toBeNull();
    vi.useRealTimers();
  });
});
