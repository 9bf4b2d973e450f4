import { describe, expect, it, vi } from "vitest";
import { LiveQueries, LiveQuery, touches } from "./live.svelte";

/** Frames that the test runs. */
function frames() {
  const waiting: (() => void)[] = [];
  return {
    queries: new LiveQueries((run) => waiting.push(run)),
    count: () => waiting.length,
    paint: () => waiting.splice(0).forEach((run) => run()),
  };
}

describe("live queries", () => {
  it("look once per frame, however much has changed", () => {
    const { queries, count, paint } = frames();
    const again = vi.fn();
    queries.watch({ tags: ["envelopes"] }, again);
    for (let at = 0; at < 50; at += 1) queries.changed({ tags: ["envelopes"], threads: [`t-${at}`] });
    expect(count()).toBe(1);
    paint();
    expect(again).toHaveBeenCalledOnce();
    expect(again.mock.calls[0]?.[0].threads).toHaveLength(50);
  });

  it("look only when what they show has changed", () => {
    const leo = { tags: ["thread"] as const, threads: () => ["t-leo"] };
    expect(touches({ tags: ["thread"], threads: ["t-leo"] }, leo)).toBe(true);
    expect(touches({ tags: ["thread"], threads: ["t-chan"] }, leo)).toBe(false);
    expect(touches({ tags: ["thread"], threads: [] }, leo)).toBe(true);
    expect(touches({ tags: ["rail"], threads: ["t-leo"] }, leo)).toBe(false);
  });

  it("take 'any thread' as any, also beside named ones", () => {
    const { queries, paint } = frames();
    const again = vi.fn();
    queries.watch({ tags: ["envelopes"], threads: () => ["t-chan"] }, again);
    queries.changed({ tags: ["envelopes"], threads: ["t-leo"] });
    queries.changed({ tags: ["envelopes"], threads: [] });
    paint();
    expect(again).toHaveBeenCalledOnce();
  });

  it("never ask twice at the same time, but once more when something changed meanwhile", async () => {
    const { queries } = frames();
    const answers: ((value: number) => void)[] = [];
    const ask = vi.fn(() => new Promise<number>((done) => answers.push(done)));
    const query = new LiveQuery(queries, { tags: ["rail"] }, ask);
    const first = query.refresh();
    void query.refresh();
    void query.refresh();
    expect(ask).toHaveBeenCalledTimes(1);
    answers[0]?.(1);
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(2));
    answers[1]?.(2);
    await first;
    expect(ask).toHaveBeenCalledTimes(2);
    expect(query.data).toBe(2);
  });

  it("keep the last good answer when one fails, and drop what comes after the end", async () => {
    const { queries } = frames();
    let fail = false;
    const query = new LiveQuery(queries, { tags: ["rail"] }, async () => {
      if (fail) throw { code: "cache", detail: null };
      return 7;
    });
    await query.refresh();
    fail = true;
    await query.refresh();
    expect([query.data, query.failure?.code]).toEqual([7, "cache"]);
    fail = false;
    const late = query.refresh();
    query.end();
    await late;
    expect(query.failure?.code).toBe("cache");
  });
});
