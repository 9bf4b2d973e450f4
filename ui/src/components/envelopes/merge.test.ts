import { describe, expect, it } from "vitest";
import { envelope, many } from "$lib/backend/testing/words";
import { fill, merge, placesOf, type Places } from "./merge";

const NOW = Date.UTC(2026, 2, 4, 15);
const page = (threads: string[], offset = 0, total = threads.length) => ({
  total,
  offset,
  rows: threads.map((thread) => envelope(thread, NOW)),
});
const threads = (places: Places) =>
  places.map((place) => (place?.gone ? `(${place.row.thread})` : place?.row.thread));

describe("what becomes of the rows under the hand", () => {
  const shown = placesOf(page(["leo", "bart", "chan"]));

  it("keeps every row where it is and counts the new ones", () => {
    const merged = merge(shown, page(["new-1", "leo", "new-2", "bart", "chan"]), []);
    expect(threads(merged.places)).toEqual(["leo", "bart", "chan"]);
    expect(merged.waiting).toBe(2);
  });

  it("says the highest urgency among those that wait", () => {
    const fresh = page(["new", "leo", "bart", "chan"]);
    fresh.rows[0] = envelope("new", NOW, { urgency: "emergency" });
    expect(merge(shown, fresh, []).highest).toBe("emergency");
    const more = page(["new", "newer", "newest", "leo", "bart", "chan"]);
    const levels = ["same-day", "urgent", "routine"] as const;
    levels.forEach((urgency, at) => (more.rows[at] = envelope(more.rows[at]!.thread, NOW, { urgency })));
    expect(merge(shown, more, []).highest).toBe("urgent");
  });

  it("takes what a row has become without moving it", () => {
    const fresh = page(["chan", "leo", "bart"]);
    fresh.rows[0] = envelope("chan", NOW, { subjectLine: "Another word" });
    const merged = merge(shown, fresh, []);
    expect(threads(merged.places)).toEqual(["leo", "bart", "chan"]);
    expect(merged.places[2]?.row.subjectLine).toBe("Another word");
    expect(merged.waiting).toBe(0);
  });

  it("leaves a row that is gone in its place, marked, until it comes back or is let go", () => {
    const merged = merge(shown, page(["leo", "chan"]), ["bart"]);
    expect(threads(merged.places)).toEqual(["leo", "(bart)", "chan"]);
    const back = merge(merged.places, page(["leo", "bart", "chan"]), ["bart"]);
    expect(threads(back.places)).toEqual(["leo", "bart", "chan"]);
  });

  it("calls nothing gone that it only does not see, in a long queue", () => {
    const long = placesOf({ total: 500, offset: 0, rows: many(200, NOW) });
    const elsewhere = { total: 500, offset: 200, rows: [] };
    expect(merge(long, elsewhere, ["t-3"]).places.some((place) => place?.gone)).toBe(false);
    const rows = many(200, NOW);
    const window = { total: 500, offset: 60, rows: rows.slice(60, 120) };
    const merged = merge(long, window, ["t-3", "t-150"]);
    expect(merged.places.some((place) => place?.gone)).toBe(false);
    expect(merged.waiting).toBe(0);
  });

  it("marks what is missing between rows that are there, in a long queue", () => {
    const long = placesOf({ total: 500, offset: 0, rows: many(200, NOW) });
    const rows = many(200, NOW).filter(({ thread }) => thread !== "t-80");
    const window = { total: 499, offset: 60, rows: rows.slice(60, 120) };
    for (const changed of [["t-80"], []]) {
      const merged = merge(long, window, changed);
      const gone = merged.places.flatMap((place) => (place?.gone ? [place.row.thread] : []));
      expect(gone).toEqual(["t-80"]);
      expect(merged.waiting).toBe(0);
    }
  });

  it("puts a further window in its place and no thread twice", () => {
    const long = placesOf({ total: 4, offset: 0, rows: [envelope("a", NOW), envelope("b", NOW)] });
    const filled = fill(long, page(["b", "c"], 2, 4));
    expect(threads(filled)).toEqual(["a", "b", undefined, "c"]);
  });
});
