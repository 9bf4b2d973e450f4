/**
 * Opens a thread that somebody points at: a notification, or a row of a digest.
 *
 * It is that thread or none. The list chooses the next best row where its own is gone, which is right under the hand
 * of whoever works through a queue, and wrong here: a name was pressed, and another patient's row would be selected.
 */
import type { QueueId } from "$bindings/QueueId";
import { t } from "$lib/i18n/catalogue.svelte";
import type { Tern } from "$lib/tern.svelte";
import type { Inbox } from "./inbox.svelte";

/** Where it may be, the likeliest first. */
function places(inbox: Inbox, queue: QueueId | null): QueueId[] {
  const rail = inbox.rail.data?.queues.map(({ id }) => id) ?? [];
  const first = queue === null ? [inbox.list.queue] : [queue, inbox.list.queue];
  return [...new Set([...first, "urgent", "mine", ...rail])];
}

export async function openThread(
  inbox: Inbox,
  tern: Tern,
  thread: string,
  queue: QueueId | null,
): Promise<void> {
  inbox.search.clear();
  tern.page = "inbox";
  if (inbox.touch.held) {
    if (inbox.touch.thread !== thread) tern.tell(t("open-thread.held"));
    inbox.turn = "touch";
    return;
  }
  inbox.letGo();
  let looked = true;
  try {
    for (const place of places(inbox, queue)) {
      const at = await inbox.list.placeOf(place, thread);
      if (at === null || inbox.touch.held) continue;
      await inbox.list.open(place, thread, at);
      if (inbox.list.selected?.thread !== thread) continue;
      inbox.turn = "touch";
      return;
    }
  } catch (thrown) {
    looked = false;
    tern.fail(thrown);
  }
  if (inbox.touch.held) return;
  inbox.list.selectNone();
  inbox.turn = "list";
  if (looked) tern.tell(t("open-thread.nowhere"));
}
