/** How a queue of the rail is named and grouped. */
import type { QueueId } from "$bindings/QueueId";
import type { RailQueue } from "$bindings/RailQueue";
import { t, worded } from "$lib/i18n/catalogue.svelte";
import { plainName } from "$lib/text/plain";

/** The three parts of the rail, each in the program's order. */
export interface RailParts {
  own: RailQueue[];
  pools: RailQueue[];
  after: RailQueue[];
}

const AFTER = new Set(["calls", "waiting", "unsent"]);

export function railParts(queues: readonly RailQueue[]): RailParts {
  const isPool = ({ id }: RailQueue) => id.startsWith("pool/") || id === "unsorted";
  return {
    own: queues.filter((queue) => !isPool(queue) && !AFTER.has(queue.id)),
    pools: queues.filter(isPool),
    after: queues.filter((queue) => AFTER.has(queue.id)),
  };
}

/** What is somebody's who is away. */
export function isFor(id: QueueId): boolean {
  return id.startsWith("for/");
}

/** A pool's own name; for whom one stands in; else the catalogue's. */
export function queueName(queue: Pick<RailQueue, "id" | "name">): string {
  if (isFor(queue.id)) {
    const name = plainName(queue.name ?? "");
    // It is in the rail no more: whoever was away is back. Or nobody here knows their name.
    if (name === "") return t(queue.name === null ? "queue.for.over" : "queue.for.nameless");
    return t("queue.for", { name });
  }
  return queue.name === null ? worded("queue", queue.id) : plainName(queue.name);
}

/** The name of the queue that is open, also before the rail has come. */
export function queueNameOf(id: QueueId, queues: readonly RailQueue[]): string {
  return queueName(
    queues.find((queue) => queue.id === id) ?? { id, name: id.startsWith("pool/") ? "" : null },
  );
}

/** What stands for a queue in the folded rail: of somebody who is away, their own letters. */
export function queueSign(queue: Pick<RailQueue, "id" | "name">): string {
  if (!isFor(queue.id)) return initials(queueName(queue));
  // "Dr Amara Osei" is AO: every other one is a Dr.
  const words = plainName(queue.name ?? "").split(/\s+/u);
  return initials(words.slice(-2).join(" "));
}

/** Two letters for the folded rail: "NT" for Nurse triage. */
export function initials(name: string): string {
  const words = name.split(/[\s'’-]+/u).filter(Boolean);
  const letters =
    words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? "")].slice(0, 2);
  return letters.join("").toLocaleUpperCase();
}
