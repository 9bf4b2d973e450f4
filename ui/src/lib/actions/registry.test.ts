import { describe, expect, it, vi } from "vitest";
import { type ActionId, actions } from "./actions";
import { ariaKeys, keyLabel, normalised, pressed } from "./keys";
import { Registry } from "./registry.svelte";

function key(init: KeyboardEventInit, target: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
}

function field(tag: "textarea" | "input" | "button", scope?: string): HTMLElement {
  const element = document.createElement(tag);
  if (scope !== undefined) element.dataset["scope"] = scope;
  document.body.append(element);
  return element;
}

describe("the table of actions", () => {
  it("has no two actions that the same keys reach", () => {
    const registry = new Registry("Linux");
    for (const action of actions) {
      for (const keys of action.keys) expect(registry.conflicts(action.id, keys), action.id).toEqual([]);
    }
  });

  it("lets no plain letter work while somebody types", () => {
    for (const { id, keys, ...action } of actions) {
      if (!("inText" in action && action.inText)) continue;
      for (const one of keys) expect(one, id).toMatch(/\+|^f\d|^escape$/);
    }
  });

  it("leaves the plain digits to routing", () => {
    const registry = new Registry("Linux");
    for (let digit = 1; digit <= 9; digit += 1) {
      const route = { keys: String(digit), with: `route.${digit}` };
      expect(registry.conflicts("undo", String(digit))).toEqual([route]);
    }
  });
});

describe("keys", () => {
  it("are labelled as each system writes them", () => {
    expect(keyLabel("mod+enter", "linux")).toBe("Ctrl ↵");
    expect(keyLabel("mod+enter", "mac")).toBe("⌘ ↵");
    expect(keyLabel("escape", "windows")).toBe("Esc");
    expect(keyLabel("shift+mod+l", "mac")).toBe("⇧ ⌘ L");
    expect(keyLabel("g m", "linux")).toBe("G  M");
    expect(ariaKeys("mod+enter", "mac")).toBe("Meta+Enter");
    expect(ariaKeys("g m", "mac")).toBeUndefined();
  });

  it("stand for the character that is typed, whatever Shift it took", () => {
    const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
    expect(pressed({ ...none, key: "?", code: "Slash", shiftKey: true }, "linux")).toBe("?");
    expect(pressed({ ...none, key: "&", code: "Digit1", ctrlKey: true }, "linux")).toBe("mod+1");
    expect(pressed({ ...none, key: "j", code: "KeyJ", metaKey: true }, "mac")).toBe("mod+j");
    expect(pressed({ ...none, key: "j", code: "KeyJ", ctrlKey: true }, "mac")).toBeNull();
    expect(pressed({ ...none, key: "Shift", code: "ShiftLeft", shiftKey: true }, "linux")).toBeNull();
  });

  it("count Alt with the arrows only: with letters it types others", () => {
    const alt = { ctrlKey: false, metaKey: false, altKey: true, shiftKey: false };
    expect(pressed({ ...alt, key: "ArrowUp", code: "ArrowUp" }, "linux")).toBe("alt+arrowup");
    expect(pressed({ ...alt, key: "ArrowUp", code: "ArrowUp" }, "mac")).toBe("alt+arrowup");
    expect(pressed({ ...alt, key: "ł", code: "KeyL" }, "mac")).toBeNull();
    expect(pressed({ ...alt, ctrlKey: true, key: "ArrowUp", code: "ArrowUp" }, "windows")).toBeNull();
    expect(normalised("Alt+Shift+ArrowUp")).toBe("shift+alt+arrowup");
    expect(keyLabel("alt+arrowup", "mac")).toBe("⌥ ↑");
    expect(keyLabel("alt+arrowdown", "windows")).toBe("Alt ↓");
    expect(ariaKeys("alt+arrowup", "linux")).toBe("Alt+ArrowUp");
  });

  it("compare in one spelling", () => {
    expect(normalised("Mod+Shift+L")).toBe(normalised("shift+mod+l"));
  });
});

describe("a key press", () => {
  function listening(id: ActionId, can = true) {
    const registry = new Registry("Linux");
    const run = vi.fn();
    registry.handle(id, { run, can: () => can });
    return { registry, run };
  }

  it("runs its action and leaves a mark for the benchmark", () => {
    const { registry, run } = listening("list.next");
    const event = key({ key: "j" });
    expect(registry.press(event)).toBe(true);
    expect(run).toHaveBeenCalledOnce();
    expect(performance.getEntriesByName("tern:list.next").length).toBeGreaterThan(0);
    expect(event.defaultPrevented).toBe(true);
  });

  it("does nothing when nobody can carry it out", () => {
    const { registry, run } = listening("list.next", false);
    expect(registry.press(key({ key: "j" }))).toBe(false);
    expect(run).not.toHaveBeenCalled();
  });

  it("types where somebody types", () => {
    const { registry, run } = listening("undo");
    const text = field("textarea");
    registry.press(key({ key: "z" }, text));
    registry.press(key({ key: "z", ctrlKey: true }, text));
    expect(run).not.toHaveBeenCalled();
    registry.press(key({ key: "z", ctrlKey: true }));
    expect(run).toHaveBeenCalledOnce();
  });

  it("leaves Enter to the button that has the focus", () => {
    const { registry, run } = listening("touch.start");
    registry.press(key({ key: "Enter" }, field("button")));
    expect(run).not.toHaveBeenCalled();
    registry.press(key({ key: "Enter" }));
    expect(run).toHaveBeenCalledOnce();
  });

  it("takes an Enter that is held down for one, and presses no button with the rest of it", () => {
    const { registry, run } = listening("touch.start");
    const held = key({ key: "Enter", repeat: true });
    expect(registry.press(held)).toBe(false);
    expect(held.defaultPrevented).toBe(true);
    expect(run).not.toHaveBeenCalled();
    for (const tag of ["button", "input"] as const) {
      const pressing = key({ key: "Enter", repeat: true }, field(tag));
      registry.press(pressing);
      expect(pressing.defaultPrevented, tag).toBe(true);
    }
    const writing = key({ key: "Enter", repeat: true }, field("textarea"));
    registry.press(writing);
    expect(writing.defaultPrevented, "lines are typed by it").toBe(false);
  });

  it("decides once for a key that is held down, and moves on with those that only move", () => {
    const { registry, run } = listening("touch.close");
    const held = key({ key: "e", repeat: true });
    expect(registry.press(held)).toBe(false);
    expect(run).not.toHaveBeenCalled();
    registry.press(key({ key: "e" }));
    expect(run).toHaveBeenCalledOnce();
    const moving = listening("list.next");
    for (const repeat of [false, true, true]) moving.registry.press(key({ key: "j", repeat }));
    expect(moving.run).toHaveBeenCalledTimes(3);
  });

  it("leaves the composer first, and only then puts back", () => {
    const registry = new Registry("Linux");
    const leave = vi.fn();
    const putBack = vi.fn();
    registry.handle("composer.leave", { run: leave });
    registry.handle("touch.put-back", { run: putBack });
    registry.press(key({ key: "Escape" }, field("textarea", "composer")));
    expect([leave.mock.calls.length, putBack.mock.calls.length]).toEqual([1, 0]);
    registry.press(key({ key: "Escape" }));
    expect([leave.mock.calls.length, putBack.mock.calls.length]).toEqual([1, 1]);
  });

  it("takes a sequence, and forgets a beginning that came to nothing", () => {
    const { registry, run } = listening("queue.mine");
    registry.press(key({ key: "g" }));
    registry.press(key({ key: "x" }));
    registry.press(key({ key: "m" }));
    expect(run).not.toHaveBeenCalled();
    registry.press(key({ key: "g" }));
    registry.press(key({ key: "m" }));
    expect(run).toHaveBeenCalledOnce();
  });

  it("rests while a dialog is open", () => {
    const { registry, run } = listening("list.next");
    const resume = registry.suspend();
    registry.press(key({ key: "j" }));
    expect(run).not.toHaveBeenCalled();
    resume();
    registry.press(key({ key: "j" }));
    expect(run).toHaveBeenCalledOnce();
  });

  it("follows the person's own keys, and says what they would also reach", () => {
    const { registry, run } = listening("list.next");
    expect(registry.conflicts("list.next", "p")).toEqual([{ keys: "p", with: "touch.peek" }]);
    expect(registry.conflicts("list.next", "g")).not.toEqual([]);
    expect(registry.conflicts("list.next", "e")).toEqual([]);
    registry.rebind([{ action: "list.next", keys: "h" }]);
    registry.press(key({ key: "j" }));
    expect(run).not.toHaveBeenCalled();
    registry.press(key({ key: "h" }));
    expect(run).toHaveBeenCalledOnce();
    expect(registry.label("list.next")).toBe("H");
  });
});
