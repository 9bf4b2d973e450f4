/**
 * Which key does what, now: the table of actions, the person's own keys, and whoever is on screen to carry an
 * action out. Keyboard, palette, cheat sheet, settings and the labels on buttons all read it.
 *
 * A key press runs its action in the same task: nothing is awaited before the frame. Each run leaves a
 * `performance.mark` named `tern:<action>`, for the benchmark that samples key press to painted frame.
 */
import type { KeyBinding } from "$bindings/KeyBinding";
import { type Action, type ActionId, actions, scopesMeet, type Scope } from "./actions";
import { ariaKeys, keyLabel, normalised, osOf, type Os, pressed } from "./keys";

/** Who carries an action out. */
export interface Handler {
  run(): void;
  /** Whether it can be done now; yes when not given. */
  can?(): boolean;
}

/** Two actions that the same keys would reach. */
export interface Conflict {
  keys: string;
  with: ActionId;
}

/** Milliseconds within which the second key of a sequence counts. */
const SEQUENCE = 1200;

const INNERMOST_FIRST: readonly Scope[] = ["composer", "touch", "documents", "list", "global"];

export class Registry {
  readonly os: Os;
  #own = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map());
  #handlers = new Map<ActionId, Handler[]>();
  #prefix = "";
  #prefixAt = 0;
  #suspended = 0;

  constructor(agent: string = navigator.userAgent) {
    this.os = osOf(agent);
  }

  /** The person's own keys, instead of the table's. */
  rebind(bindings: readonly KeyBinding[]): void {
    const own = new Map<string, string[]>();
    for (const { action, keys } of bindings) {
      const known = own.get(action) ?? [];
      if (keys.trim() !== "") known.push(normalised(keys));
      own.set(action, known);
    }
    this.#own = own;
  }

  keysOf(id: ActionId): readonly string[] {
    return this.#own.get(id) ?? actions.find((action) => action.id === id)?.keys ?? [];
  }

  isOwn(id: ActionId): boolean {
    return this.#own.has(id);
  }

  /** For `<kbd>`: the first key, as this system writes it. */
  label(id: ActionId): string | null {
    const first = this.keysOf(id)[0];
    return first === undefined ? null : keyLabel(first, this.os);
  }

  labels(id: ActionId): string[] {
    return this.keysOf(id).map((keys) => keyLabel(keys, this.os));
  }

  /** For `aria-keyshortcuts`. */
  aria(id: ActionId): string | undefined {
    const first = this.keysOf(id)[0];
    return first === undefined ? undefined : ariaKeys(first, this.os);
  }

  /** What else these keys would reach where this action is. */
  conflicts(id: ActionId, keys: string): Conflict[] {
    const wanted = normalised(keys);
    const mine = actions.find((action) => action.id === id);
    if (mine === undefined) return [];
    return actions
      .filter(
        (other) => other.id !== id && scopesMeet(mine.scope, other.scope) && !alternatives(id, other.id),
      )
      .flatMap((other) =>
        this.keysOf(other.id)
          .filter((keysOfOther) => clash(wanted, normalised(keysOfOther)))
          .map((keysOfOther) => ({ keys: keysOfOther, with: other.id })),
      );
  }

  /** Carries an action out while the caller is on screen; the last to come is asked first. */
  handle(id: ActionId, handler: Handler): () => void {
    const handlers = this.#handlers.get(id) ?? [];
    this.#handlers.set(id, [...handlers, handler]);
    return () => {
      const rest = (this.#handlers.get(id) ?? []).filter((other) => other !== handler);
      this.#handlers.set(id, rest);
    };
  }

  /** Several at once. */
  handleAll(handlers: Partial<Record<ActionId, Handler>>): () => void {
    const ends = Object.entries(handlers).map(([id, handler]) => this.handle(id as ActionId, handler));
    return () => ends.forEach((end) => end());
  }

  can(id: ActionId): boolean {
    return this.#handlerOf(id) !== undefined;
  }

  /** Runs it, whichever way it was asked for; false when nobody can. */
  run(id: ActionId): boolean {
    const handler = this.#handlerOf(id);
    if (handler === undefined) return false;
    performance.mark(`tern:${id}`);
    handler.run();
    return true;
  }

  /** A dialog is open: its own keys count until the returned function is called. */
  suspend(): () => void {
    this.#suspended += 1;
    let done = false;
    return () => {
      if (!done) this.#suspended -= 1;
      done = true;
    };
  }

  /** Takes a key press in; true when an action took it. */
  press(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing) return false;
    const step = pressed(event, this.os);
    if (event.repeat && step === "enter" && !hasLines(event.target)) {
      // One Enter is one yes: held down, it would say the next one to whatever comes under it, a dialog too.
      event.preventDefault();
      return false;
    }
    if (this.#suspended > 0 || step === null) return false;
    const typing = isTextField(event.target);
    if (!typing && ownKey(event.target, step)) return false;

    const prefix = event.timeStamp - this.#prefixAt < SEQUENCE ? this.#prefix : "";
    this.#prefix = "";
    const keys = prefix === "" ? step : `${prefix} ${step}`;
    for (const scope of INNERMOST_FIRST) {
      // What the composer does by key it does only from inside.
      if (scope === "composer" && !isComposer(event.target)) continue;
      for (const action of actions) {
        if (action.scope !== scope || (typing && !(action as Action).inText)) continue;
        if (!this.keysOf(action.id).some((own) => normalised(own) === keys)) continue;
        if (event.repeat && !(action as Action).repeats && this.can(action.id)) {
          // Held down, it would decide about whatever comes under it next.
          event.preventDefault();
          return false;
        }
        if (!this.run(action.id)) continue;
        event.preventDefault();
        return true;
      }
    }
    if (!typing && this.#begins(keys)) {
      this.#prefix = keys;
      this.#prefixAt = event.timeStamp;
    }
    return false;
  }

  #handlerOf(id: ActionId): Handler | undefined {
    return this.#handlers.get(id)?.findLast((handler) => handler.can?.() ?? true);
  }

  #begins(keys: string): boolean {
    return actions.some((action) =>
      this.keysOf(action.id).some((own) => normalised(own).startsWith(`${keys} `)),
    );
  }
}

/** The same keys, or one the beginning of the other. */
function clash(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `);
}

/** Actions of one key of which only one can be meant at a time: a pane is a touch or a peek. */
const OF_ONE_KEY: readonly (readonly ActionId[])[] = [
  ["touch.put-back", "peek.end"],
  ["search.leave", "row.unmark"],
];

/** Whether two actions may share a key. */
function alternatives(one: ActionId, other: ActionId): boolean {
  return OF_ONE_KEY.some((ids) => ids.includes(one) && ids.includes(other));
}

function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "button", "range"].includes(target.type);
  return target.isContentEditable;
}

/** Enter is a character there. */
function hasLines(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target instanceof HTMLTextAreaElement || target.isContentEditable);
}

function isComposer(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset["scope"] === "composer";
}

/** Enter and Space on a button press the button; arrows in a menu move in the menu. */
function ownKey(target: EventTarget | null, step: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const button = target.closest("button, a[href], summary, [role=button], [role=switch], [role=combobox]");
  if (button !== null) return step === "enter" || step === "space" || step.startsWith("arrow");
  return (
    target.closest("input, audio, video, [role=menu], [role=radiogroup]") !== null && step.startsWith("arrow")
  );
}
