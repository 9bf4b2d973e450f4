/** What is done to a block of minutes: by key, by button and by the field's Enter alike. */
import type { Tern } from "$lib/tern.svelte";
import type { Inbox } from "./inbox.svelte";

/** The minutes that stand in the field begin now. */
export function beginBlock(inbox: Inbox, { block, clock }: Tern): void {
  clock.tick();
  block.begin(block.minutes, clock.now);
  void inbox.offers.ask();
  inbox.focus.to("list");
}

/** Not this one now: the next that is offered. */
export function nextOffer(inbox: Inbox, { block }: Tern): void {
  const { subject, touch } = inbox;
  // What is peeked at may not be what is offered any more.
  const thread = touch.state === "peeking" ? touch.thread : subject?.thread;
  if (thread === null || thread === undefined) return;
  const urgency = inbox.offers.urgencyOf(thread);
  inbox.letGo();
  inbox.offers.leave(thread);
  block.passOver(thread, urgency);
  inbox.offers.left(thread);
}

/** What was passed over is offered again. */
export function offerAgain(inbox: Inbox, { block }: Tern): void {
  block.fromTheStart();
  void inbox.offers.ask();
}

/** The block is over, whatever is left of its minutes; an open touch stays open. */
export function endBlock(inbox: Inbox, { block }: Tern): void {
  block.end();
  if (inbox.touch.state !== "open") inbox.letGo();
}
