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

  it("is kept when only an earlier one could not be", async () => {
    practice.fault("draftSave", "disk-full");
    composer.type("first");
    const one = composer.keep();
    composer.type("second");
    await Promise.all([one, composer.keep()]);
    expect([composer.state, composer.failure, practice.drafts.get("t-leo")]).toEqual([
      "kept",
      null,
      "second",
    ]);
  });

  it("rests once all of it is kept, and then puts nothing over what came into the file", async () => {
    composer.type("first");
    const rests = composer.rest();
    composer.type("second");
    await rests;
    expect(practice.drafts.get("t-leo")).toBe("second");
    practice.drafts.set("t-leo", "old words, second");
    composer.type("late");
    await vi.advanceTimersByTimeAsync(KEEP_AFTER * 3);
    await composer.keep();
    expect(practice.drafts.get("t-leo")).toBe("old words, second");
  });

  it("does not rest where it cannot be kept, and goes on", async () => {
    practice.fault("draftSave", "disk-full");
    composer.type("Dear Ana");
    await expect(composer.rest()).rejects.toMatchObject({ code: "disk-full" });
    expect(composer.state).toBe("failed");
    composer.type("Dear Ana,");
    await composer.keep();
    expect(practice.drafts.get("t-leo")).toBe("Dear Ana,");
  });

  it("is not put into the file a second time by going on", async () => {
    composer.type("Dear Ana");
    await composer.rest();
    composer.resume();
    await composer.keep();
    expect(composer.state).toBe("kept");
    expect(practice.callsOf("draftSave")).toHaveLength(1);
  });

  it("is counted in words as a person counts", () => {
    composer.type("L’été, 5 mL — don't stop.");
    expect(composer.words).toBe(5);
    composer.type("  \n ");
    expect([composer.words, composer.empty]).toEqual([0, true]);
  });
});
