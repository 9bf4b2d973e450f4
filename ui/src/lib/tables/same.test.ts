import { describe, expect, it } from "vitest";
import { same } from "./same";

describe("two values", () => {
  it("are the same when they are written alike, whatever the order of their fields", () => {
    expect(same({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] })).toBe(true);
    expect(same([], [])).toBe(true);
  });

  it("differ by a value, a length, a field, and nothing against something", () => {
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same([1], [1, 2])).toBe(false);
    expect(same({ a: 1 }, { b: 1 })).toBe(false);
    expect(same(null, {})).toBe(false);
  });
});
