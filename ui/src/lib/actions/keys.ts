/**
 * Keys as text: `j`, `mod+enter`, `shift+mod+l`, or a sequence such as `g m`.
 *
 * `mod` is ⌘ on macOS and Ctrl elsewhere. A printed character stands for itself, whatever Shift was needed to
 * type it: `?` is `?` on every keyboard. Letters are lower case; Shift counts only together with `mod`, and Alt only
 * with an arrow, because with a letter it types another one (AltGr, Option).
 */
export type Os = "mac" | "windows" | "linux";

/** Which keyboard this is. */
export function osOf(agent: string): Os {
  if (/mac|iphone|ipad/i.test(agent)) return "mac";
  return /win/i.test(agent) ? "windows" : "linux";
}

type KeyEvent = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process"]);

/** The key that was pressed, or none when it was only a modifier. */
export function pressed(event: KeyEvent, os: Os): string | null {
  if (MODIFIERS.has(event.key)) return null;
  const mod = os === "mac" ? event.metaKey : event.ctrlKey;
  // Ctrl on a Mac and the Windows key elsewhere are the system's.
  if (os === "mac" ? event.ctrlKey : event.metaKey) return null;

  let key = event.key === " " ? "space" : event.key.toLowerCase();
  // AltGr is Ctrl+Alt on Windows and types characters.
  if (event.altKey && (event.ctrlKey || !key.startsWith("arrow"))) return null;
  // The digit row types other characters on many layouts (AZERTY), so with mod the key's place counts.
  if (mod && /^Digit\d$/.test(event.code)) key = event.code.slice(5);
  const named = key.length > 1;
  const parts: string[] = [];
  if (event.shiftKey && (mod || named)) parts.push("shift");
  if (event.altKey) parts.push("alt");
  if (mod) parts.push("mod");
  return [...parts, key].join("+");
}

/** The same keys in one spelling, so that they can be compared. */
export function normalised(keys: string): string {
  return keys
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .map((step) => {
      const parts = step.split("+");
      const key = step.endsWith("++") ? "+" : (parts.at(-1) ?? "");
      return [...["shift", "alt", "mod"].filter((modifier) => parts.includes(modifier)), key].join("+");
    })
    .join(" ");
}

const MAC: Record<string, string> = {
  shift: "⇧",
  alt: "⌥",
  mod: "⌘",
  enter: "↵",
  escape: "esc",
  backspace: "⌫",
};
const OTHERS: Record<string, string> = {
  shift: "Shift",
  alt: "Alt",
  mod: "Ctrl",
  enter: "↵",
  escape: "Esc",
  backspace: "⌫",
};
const ARROWS: Record<string, string> = {
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  space: "␣",
  tab: "Tab",
  home: "Home",
  end: "End",
  pageup: "PgUp",
  pagedown: "PgDn",
};

/** As a person reads them: `Ctrl ↵`, `⌘ ↵`, `G M`. */
export function keyLabel(keys: string, os: Os): string {
  const names = os === "mac" ? MAC : OTHERS;
  return normalised(keys)
    .split(" ")
    .map((step) =>
      (step.endsWith("++") ? [...step.slice(0, -2).split("+"), "+"] : step.split("+"))
        .map((part) => names[part] ?? ARROWS[part] ?? part.toUpperCase())
        .join(" "),
    )
    .join("  ");
}

/** For `aria-keyshortcuts` (WAI-ARIA 1.2): `Control+Enter`. Sequences have no such form. */
export function ariaKeys(keys: string, os: Os): string | undefined {
  const spelled = normalised(keys);
  if (spelled.includes(" ")) return undefined;
  return spelled
    .split("+")
    .map((part) => {
      if (part === "mod") return os === "mac" ? "Meta" : "Control";
      if (part.startsWith("arrow")) return `Arrow${part[5]!.toUpperCase()}${part.slice(6)}`;
      return part.length > 1 ? part[0]!.toUpperCase() + part.slice(1) : part;
    })
    .join("+");
}
