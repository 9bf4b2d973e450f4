import { describe, expect, it } from "vitest";
import { MemoryBackend } from "$lib/backend/testing/memory";
import { LiveQueries } from "$lib/query/live.svelte";
import { Touch } from "./touch.svelte";

describe("a lock that comes while an answer is on its way", () => {
  it.each(["start", "peek"] as const)("keeps what %s brings out of the page", async (move) => {
    const touch = new Touch(new MemoryBackend(), new LiveQueries((run) => queueMicrotask(run)));
    const answered = touch[move]("t-leo");
    await touch.leave();
    await answered;
    expect([touch.view, touch.composer]).toEqual([null, null]);
    expect(["open", "peeking"]).not.toContain(touch.state);
  });

  it("keeps a touch that was open before a reload out of the page", async () => {
    const practice = new MemoryBackend();
    const touch = new Touch(practice, new LiveQueries((run) => queueMicrotask(run)));
    const started = await practice.touchStart({ thread: "t-leo" });
    await touch.leave();
    if (started.kind === "started") touch.show(started.touch);
    expect(touch.view).toBeNull();
  });
});
