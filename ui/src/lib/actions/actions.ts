/**
 * Every command that the program has, and the keys it comes with. Nothing else on the page listens to keys
 * (inside a dialog or a list box its own library does, by WAI-ARIA's patterns).
 *
 * An action is here only once it works: those of later screens are added with them.
 */
import type { MessageKey } from "$lib/i18n/catalogue.svelte";

/**
 * Where an action can be reached.
 * - `list`: no touch is open; the hand is on the envelopes
 * - `touch`: a touch or a peek is open
 * - `composer`: the cursor is in the reply
 * - `documents`: the files that wait are on screen, with the list's keys for going up and down
 * - `global`: everywhere but in a dialog
 *
 * The innermost wins: Esc in the composer leaves the field, and only then puts back.
 */
export type Scope = "global" | "list" | "touch" | "composer" | "documents";

export interface Action {
  readonly id: string;
  readonly scope: Scope;
  readonly label: MessageKey;
  /** Default keys; any of them. */
  readonly keys: readonly string[];
  /** Also while typing. Only chords and named keys may. */
  readonly inText?: boolean;
  /** Held down, it goes on: it moves the hand and decides nothing. */
  readonly repeats?: boolean;
  /** Not offered in the palette: it makes sense by key only. */
  readonly keyOnly?: boolean;
}

const queueKeys = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

const table = [
  {
    id: "list.next",
    scope: "list",
    label: "action.list.next",
    keys: ["j", "arrowdown"],
    keyOnly: true,
    repeats: true,
  },
  {
    id: "list.previous",
    scope: "list",
    label: "action.list.previous",
    keys: ["k", "arrowup"],
    keyOnly: true,
    repeats: true,
  },
  { id: "list.first", scope: "list", label: "action.list.first", keys: ["home"], keyOnly: true },
  { id: "list.last", scope: "list", label: "action.list.last", keys: ["end"], keyOnly: true },
  { id: "list.show-new", scope: "list", label: "action.list.show-new", keys: ["n"] },
  { id: "search.leave", scope: "list", label: "action.search.leave", keys: ["escape"], keyOnly: true },
  { id: "row.mark", scope: "list", label: "action.row.mark", keys: ["x"] },
  { id: "row.mark-all", scope: "list", label: "action.row.mark-all", keys: ["mod+a"] },
  { id: "row.unmark", scope: "list", label: "action.row.unmark", keys: ["escape"], keyOnly: true },
  { id: "touch.start", scope: "list", label: "action.touch.start", keys: ["enter"] },
  { id: "touch.peek", scope: "list", label: "action.touch.peek", keys: ["p"] },

  { id: "reply.focus", scope: "touch", label: "action.reply.focus", keys: ["r"] },
  { id: "reply.send", scope: "touch", label: "action.reply.send", keys: ["mod+enter"], inText: true },
  { id: "touch.close", scope: "touch", label: "action.touch.close", keys: ["e"] },
  { id: "touch.call", scope: "touch", label: "action.touch.call", keys: ["c"] },
  { id: "touch.visit", scope: "touch", label: "action.touch.visit", keys: ["v"] },
  { id: "note.write", scope: "touch", label: "action.note.write", keys: ["i"] },
  { id: "draft.take", scope: "touch", label: "action.draft.take", keys: ["d"] },
  { id: "touch.put-back", scope: "touch", label: "action.touch.put-back", keys: ["escape"] },
  { id: "peek.end", scope: "touch", label: "action.peek.end", keys: ["escape"] },

  {
    id: "composer.leave",
    scope: "composer",
    label: "action.composer.leave",
    keys: ["escape"],
    inText: true,
    keyOnly: true,
  },

  { id: "route.ask", scope: "global", label: "action.route.ask", keys: ["a"] },
  { id: "urgency.ask", scope: "global", label: "action.urgency.ask", keys: ["u"] },
  { id: "undo", scope: "global", label: "action.undo", keys: ["z", "mod+z"] },
  { id: "touch.other", scope: "global", label: "action.touch.other", keys: ["o"] },
  { id: "search.focus", scope: "global", label: "action.search.focus", keys: ["/"] },
  {
    id: "palette.open",
    scope: "global",
    label: "action.palette.open",
    keys: ["mod+k"],
    inText: true,
    keyOnly: true,
  },
  { id: "keys.show", scope: "global", label: "action.keys.show", keys: ["?"] },
  { id: "settings.open", scope: "global", label: "action.settings.open", keys: ["mod+,"], inText: true },
  { id: "now.open", scope: "global", label: "action.now.open", keys: ["g b"] },
  { id: "block.end", scope: "global", label: "action.block.end", keys: ["g x"] },
  { id: "away.open", scope: "global", label: "action.away.open", keys: ["g a"] },
  { id: "practice.open", scope: "global", label: "action.practice.open", keys: ["g p"] },
  { id: "emergency.have", scope: "global", label: "action.emergency.have", keys: ["h"] },
  { id: "emergency.open", scope: "global", label: "action.emergency.open", keys: ["g e"] },
  { id: "documents.open", scope: "global", label: "action.documents.open", keys: ["g d"] },
  { id: "document.file", scope: "documents", label: "action.document.file", keys: ["f"] },
  { id: "document.not-needed", scope: "documents", label: "action.document.not-needed", keys: ["d"] },
  { id: "table.save", scope: "global", label: "action.table.save", keys: ["mod+s"], inText: true },
  {
    id: "table.row-up",
    scope: "global",
    label: "action.table.row-up",
    keys: ["alt+arrowup"],
    repeats: true,
    inText: true,
    keyOnly: true,
  },
  {
    id: "table.row-down",
    scope: "global",
    label: "action.table.row-down",
    keys: ["alt+arrowdown"],
    repeats: true,
    inText: true,
    keyOnly: true,
  },
  { id: "sync.now", scope: "global", label: "action.sync.now", keys: ["f5", "mod+r"], inText: true },
  { id: "lock", scope: "global", label: "action.lock", keys: ["shift+mod+l"], inText: true },
  { id: "sign-out", scope: "global", label: "action.sign-out", keys: [] },
  { id: "quit", scope: "global", label: "action.quit", keys: ["mod+q"], inText: true },

  { id: "queue.mine", scope: "global", label: "action.queue.mine", keys: ["g m"] },
  { id: "queue.urgent", scope: "global", label: "action.queue.urgent", keys: ["g u"] },
  { id: "queue.unsorted", scope: "global", label: "action.queue.unsorted", keys: ["g n"] },
  { id: "queue.calls", scope: "global", label: "action.queue.calls", keys: ["g c"] },
  { id: "queue.waiting", scope: "global", label: "action.queue.waiting", keys: ["g w"] },
  { id: "queue.unsent", scope: "global", label: "action.queue.unsent", keys: ["g s"] },
] as const satisfies readonly Action[];

/** An action's id, such as `reply.send`; what `KeyBinding.action` holds. */
export type ActionId =
  | (typeof table)[number]["id"]
  | `queue.${(typeof queueKeys)[number]}`
  | `route.${(typeof queueKeys)[number]}`;

export const actions: readonly (Action & { id: ActionId })[] = [
  ...table,
  // The queues of the rail by their place, pools included.
  ...queueKeys.map((n) => ({
    id: `queue.${n}` as const,
    scope: "global" as const,
    label: "action.queue.nth" as const,
    keys: [`mod+${n}`],
    inText: true,
  })),
  // The pools by their number: from the list, or as the outcome of the open touch.
  ...queueKeys.map((n) => ({
    id: `route.${n}` as const,
    scope: "global" as const,
    label: "action.route.nth" as const,
    keys: [`${n}`],
  })),
];

const byId = new Map<string, Action & { id: ActionId }>(actions.map((action) => [action.id, action]));

/** The action of an id that may come from outside (a profile of another version). */
export function actionOf(id: string): (Action & { id: ActionId }) | undefined {
  return byId.get(id);
}

/** Which queue of the rail, or which pool, an action is about: `queue.3`, `route.3`. */
export function placeOf(id: ActionId): number | null {
  const place = /^(?:queue|route)\.(\d)$/.exec(id);
  return place === null ? null : Number(place[1]);
}

/** Whether two actions can be reached at the same moment, with neither inside the other. */
export function scopesMeet(one: Scope, other: Scope): boolean {
  if (one === other) return true;
  const pair = new Set([one, other]);
  if (pair.has("documents") && pair.has("list")) return true;
  // The composer is inside the touch, so it may use the touch's keys for itself.
  return pair.has("global") && !pair.has("composer");
}
