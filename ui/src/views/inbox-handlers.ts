/** What the actions do in the main view, and when each can be done: keys, buttons and palette ask here alike. */
import type { ActionId } from "$lib/actions/actions";
import type { Handler } from "$lib/actions/registry.svelte";
import { isFor } from "$components/rail/rail";
import type { Tern } from "$lib/tern.svelte";
import { endBlock, nextOffer } from "./block-moves";
import type { Inbox } from "./inbox.svelte";

const BUILT_IN = ["mine", "urgent", "unsorted", "calls", "waiting", "unsent"] as const;
const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

export function handlersOf(inbox: Inbox, tern: Tern): Partial<Record<ActionId, Handler>> {
  const { touch, list } = inbox;
  const onNow = () => tern.page === "now";
  const onList = () => tern.page === "inbox";
  const here = () => onList() || onNow();
  // While an outcome is being settled, the hand is on the next envelope already.
  const free = () => here() && (!touch.held || touch.state === "ending") && touch.state !== "opening";
  const opened = () => here() && touch.state === "open";
  const onRows = () => onList() && free() && !inbox.search.active && list.selected !== null;
  const movable = () => (opened() ? touch.canHandOn : onList() && free() && inbox.chosen.length > 0);
  // Whoever stands in for somebody today finds their own queues under the digits of yesterday.
  const stable = () => inbox.rail.data?.queues.filter(({ id }) => !isFor(id)) ?? [];
  const nthQueue = (n: number) => stable()[n - 1]?.id ?? null;
  const handlers: Partial<Record<ActionId, Handler>> = {
    "list.next": {
      run: () => (onNow() ? nextOffer(inbox, tern) : inbox.move(1)),
      can: () => free() && (onList() || inbox.subject !== null),
    },
    "list.previous": { run: () => inbox.move(-1), can: () => onList() && free() },
    "list.first": { run: () => inbox.move(-1e9), can: () => onList() && free() },
    "list.last": { run: () => inbox.move(1e9), can: () => onList() && free() },
    "list.show-new": {
      run: () => (onNow() ? inbox.offers.showSooner() : void list.settle()),
      can: () => (onNow() ? inbox.offers.sooner !== null : onList() && list.waiting > 0),
    },
    "block.end": { run: () => endBlock(inbox, tern), can: () => tern.block.running },
    "search.leave": {
      run: () => {
        inbox.search.clear();
        inbox.letGo();
        inbox.focus.to("list");
      },
      can: () => onList() && free() && touch.state !== "peeking" && inbox.search.active,
    },
    "touch.start": { run: () => void inbox.start(), can: () => free() && inbox.subject?.open === true },
    "touch.peek": {
      run: () => void inbox.peek(),
      can: () => free() && touch.state !== "peeking" && inbox.subject !== null,
    },
    "row.mark": { run: () => list.mark(), can: onRows },
    "row.mark-all": { run: () => list.markAll(), can: onRows },
    "row.unmark": { run: () => list.unmark(), can: () => onList() && free() && list.marked.size > 0 },
    "route.ask": { run: () => inbox.ask("route"), can: movable },
    "urgency.ask": { run: () => inbox.ask("urgency"), can: movable },
    "touch.call": { run: () => inbox.ask("call"), can: () => opened() && touch.canHandOn },
    "touch.visit": { run: () => inbox.ask("visit"), can: () => opened() && touch.canHandOn },
    "peek.end": { run: () => inbox.peekEnd(), can: () => here() && touch.state === "peeking" },
    "reply.focus": { run: () => inbox.focus.to("composer"), can: () => here() && touch.canWrite },
    "reply.send": { run: () => void inbox.send(), can: () => here() && touch.canSend },
    "touch.close": { run: () => void inbox.close(), can: () => here() && touch.canReply },
    "touch.put-back": { run: () => (inbox.puttingBack = true), can: opened },
    "note.write": {
      run: () => touch.note.ask(touch.view!),
      can: () => here() && touch.view !== null && (touch.state === "open" || touch.state === "peeking"),
    },
    "draft.take": {
      run: () => {
        touch.takeDraft();
        inbox.focus.to("composer");
      },
      can: () => here() && touch.canTakeDraft,
    },
    "composer.leave": { run: () => (document.activeElement as HTMLElement | null)?.blur(), can: opened },
    // As long as the bar is there, whatever is open.
    undo: { run: () => void inbox.takeBack(), can: () => inbox.undo.latest !== null },
    "touch.other": { run: () => void inbox.toOther(), can: () => inbox.behind !== null },
    "search.focus": {
      run: () => {
        tern.page = "inbox";
        inbox.turn = "list";
        inbox.focus.to("search");
      },
    },
  };
  for (const queue of BUILT_IN) {
    handlers[`queue.${queue}`] = {
      run: () => inbox.openQueue(queue),
      can: () => inbox.rail.data?.queues.some(({ id }) => id === queue) ?? false,
    };
  }
  for (const n of DIGITS) {
    handlers[`route.${n}`] = {
      run: () => inbox.routeByNumber(n),
      can: () => movable() && inbox.moves.numbered(n) !== null,
    };
    handlers[`queue.${n}`] = {
      run: () => inbox.openQueue(nthQueue(n)!),
      can: () => nthQueue(n) !== null,
    };
  }
  return handlers;
}
