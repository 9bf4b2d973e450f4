import { beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBackend } from "$lib/backend/testing/memory";
import { Composer, KEEP_AFTER } from "./composer.svelte";

describe("what is typed", () => {
  let practice: MemoryBackend;
  let composer: Composer;

  beforeEach(() => {
    vi.useFakeTimers();
    practice = new MemoryBackend();
    composer = new Composer(practice, "t-leo", "reply-1", "");
    return () => vi.useRealTimers();
  });

  it("is kept once, after the last key", async () => {
    for (const text of ["D", "De", "Dea", "Dear"]) composer.type(text);
    await vi.advanceTimersByTimeAsync(KEEP_AFTER - 1);
    expect(practice.drafts.size).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(practice.callsOf("draftSave")).toEqual([{ thread: "t-leo", text: "Dear" }]);
    expect(composer.state).toBe("kept");
  });

  it("is kept at once when the field is left", async () => {
    composer.type("Dear Ana");
    await composer.keep();
    expect(practice.drafts.get("t-leo")).toBe("Dear Ana");
    await vi.advanceTimersByTimeAsync(KEEP_AFTER * 3);
    expect(practice.callsOf("draftSave")).toHaveLength(1);
  });

  it("is never overwritten by an older text", async () => {
    composer.type("first");
    const one = composer.keep();
    composer.type("second");
    const two = composer.keep();
    await Promise.all([one, two]);
    expect(practice.drafts.get("t-leo")).toBe("second");
  });

  it("stays on screen, and says so, when it cannot be kept", async () => {
    practice.fault("draftSave", "disk-full");
    composer.type("Dear Ana");
    await composer.keep();
    expect([composer.state, composer.failure?.code, composer.text]).toEqual([
      "failed",
      "disk-full",
      "Dear Ana",
    ]);
    composer.type("Dear Ana,");
    await composer.keep();
    expect([composer.state, composer.failure]).toEqual(["kept", null]);
  });

  it("is not saved any more once the reply has been handed over", async () => {
    composer.type("Dear Ana");
    await composer.end();
    await vi.advanceTimersByTimeAsync(KEEP_AFTER * 3);
    await composer.keep();
    expect(practice.drafts.size).toBe(0);
    composer.resume();
    await composer.keep();
    expect(practice.drafts.get("t-leo")).toBe("Dear Ana");
  });

  it("is counted in words as a person counts", () => {
    composer.type("L’été, 5 mL — don't stop.");
    expect(composer.words).toBe(5);
    composer.type("  \n ");
    expect([composer.words, composer.empty]).toEqual([0, true]);
  });
});
