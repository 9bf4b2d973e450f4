import { describe, expect, it } from "vitest";
import { opening, plainName, plainText } from "./plain";

describe("text from outside", () => {
  it("shows overrides in a name instead of obeying them", () => {
    expect(plainName("Leo \u202Eziur\u202C")).toBe("Leo �ziur�");
    expect(plainName("Leo\u0000\u0007\u009F Ruiz")).toBe("Leo� Ruiz");
    expect(plainName("Leo\r\nRuiz")).toBe("Leo Ruiz");
  });

  it("drops what only hides that two names differ", () => {
    expect(plainName("L\u200Beo\u200E")).toBe("Leo");
  });

  it("keeps what a name is made of", () => {
    for (const name of ["Marguerite Thériault", "ليلى حداد", "陳小玲", "O’Brien-Łukasz"])
      expect(plainName(name)).toBe(name);
  });

  it("keeps lines, tabs and direction marks in a message", () => {
    expect(plainText("a\r\nb\tc\u200Fd")).toBe("a\nb\tc\u200Fd");
    expect(plainText("a\u2066b\u0001")).toBe("a�b�");
  });

  it("cuts a long text between words, and never inside a character", () => {
    expect(opening("one two three", 9)).toBe("one two");
    expect(opening("short", 100)).toBe("short");
    expect(opening(`${"x".repeat(299)}😀`, 300)).toBe("x".repeat(299));
  });
});
