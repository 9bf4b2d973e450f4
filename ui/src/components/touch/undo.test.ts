import { describe, expect, it, vi } from "vitest";
import { UndoStack } from "./undo.svelte";

describe("what can be taken back", () => {
  it("goes to the moment, though the screen's clock moves once a second", () => {
    vi.useFakeTimers();
    const undo = new UndoStack(() => 1000);
    undo.add({ undo: "a", undoUntil: 3500 }, "closed", "t-leo", "Leo");
    undo.add({ undo: "b", undoUntil: 4000 }, "replied", "t-ana", "Ana");
    expect(undo.latest?.undo).toBe("b");
    vi.advanceTimersByTime(2999);
    expect(undo.latest?.undo).toBe("b");
    vi.advanceTimersByTime(1);
    expect(undo.latest).toBeNull();
    vi.useRealTimers();
  });
});
