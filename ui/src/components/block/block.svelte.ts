/**
 * The minutes that somebody has now, and what they did in them.
 *
 * Holds ids and numbers and nothing of a patient, so that it lives on behind the screen lock: the minutes run there
 * too. What is offered in them is asked anew each time ({@link Offers}).
 */
import type { BlockOffer } from "$bindings/BlockOffer";
import type { BlockOffers } from "$bindings/BlockOffers";
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { PassedOver } from "$bindings/PassedOver";
import type { UrgencyLevel } from "$bindings/UrgencyLevel";
import { higher } from "$components/moves/moves.svelte";
import type { Backend } from "$lib/backend/backend";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";

/** Minutes that are offered before somebody named their own. */
const USUAL_MINUTES = 10;
/** Minutes of a block at most. */
export const MOST_MINUTES = 240;

/** Whether it is offered whatever its minutes. */
export function isUrgent(row: EnvelopeRow): boolean {
  return row.urgency === "urgent" || row.urgency === "emergency";
}

export class Block {
  /** Whole minutes that somebody has, or had last. */
  minutes = $state(USUAL_MINUTES);
  /** UTC ms from which they run; none while no block does. */
  began = $state<number | null>(null);
  /** Touches that were ended in it, and those of them that were put back. */
  done = $state(0);
  putBack = $state(0);
  /** What was passed over in it, and how urgent it was then. */
  passedOver = $state.raw<readonly PassedOver[]>([]);

  get running(): boolean {
    return this.began !== null;
  }

  begin(minutes: number, now: number): void {
    this.minutes = minutes;
    this.began = now;
    this.done = 0;
    this.putBack = 0;
    this.passedOver = [];
  }

  end(): void {
    this.began = null;
    this.passedOver = [];
  }

  /** Ten minutes more; one that was left alone for hours begins anew. */
  extend(now: number): void {
    if (this.began === null) return;
    const minutes = Math.ceil((now - this.began) / 60_000) + USUAL_MINUTES;
    if (minutes > MOST_MINUTES) this.began = now;
    this.minutes = minutes > MOST_MINUTES ? USUAL_MINUTES : minutes;
  }

  /** Milliseconds that are left; none below zero. */
  left(now: number): number {
    if (this.began === null) return 0;
    return Math.max(0, this.began + this.minutes * 60_000 - now);
  }

  /** The same in minutes, a begun one counted whole. */
  minutesLeft(now: number): number {
    return Math.ceil(this.left(now) / 60_000);
  }

  /** Whole minutes that it has run. */
  minutesGone(now: number): number {
    return this.began === null ? 0 : Math.max(0, Math.floor((now - this.began) / 60_000));
  }

  /** A touch was ended. */
  ended(isPutBack: boolean): void {
    if (!this.running) return;
    if (isPutBack) this.putBack += 1;
    else this.done += 1;
  }

  /** An outcome was taken back. */
  takenBack(isPutBack: boolean): void {
    if (!this.running) return;
    if (isPutBack) this.putBack = Math.max(0, this.putBack - 1);
    else this.done = Math.max(0, this.done - 1);
  }

  /** Not offered again in this block, unless it becomes more urgent. */
  passOver(thread: string, urgency: UrgencyLevel): void {
    if (!this.running) return;
    this.passedOver = [...this.passedOver.filter((one) => one.thread !== thread), { thread, urgency }];
  }

  /** Those that were passed over are offered again. */
  fromTheStart(): void {
    this.passedOver = [];
  }
}

/** What is offered in a block, as long as the inbox is in the page. */
export class Offers {
  /** The thread under the hand: it stays there as long as it is offered, whatever comes before it meanwhile. */
  #under = $state<string | null>(null);
  /** What an outcome took away, until the program says so too. */
  #leaving = $state.raw<ReadonlySet<string>>(new Set());
  /** Those of them of which the next answer says what became. */
  #ended: ReadonlySet<string> = new Set();
  readonly #query: LiveQuery<BlockOffers | null>;

  readonly all: BlockOffers | null = $derived.by(() => this.#query.data);
  readonly failure = $derived.by(() => this.#query.failure);
  readonly #offers = $derived(
    [this.all?.underHand ?? null, ...(this.all?.offers ?? [])].filter(
      (one) => one !== null && !this.#leaving.has(one.row.thread),
    ) as BlockOffer[],
  );
  /** The one that is offered now. */
  readonly now = $derived(
    this.#offers.find(({ row }) => row.thread === this.#under) ?? this.#offers[0] ?? null,
  );
  /** Those after it. */
  readonly after = $derived(this.#offers.filter((one) => one !== this.now));
  /** What came after the one under the hand was shown, and is more urgent. */
  readonly sooner: EnvelopeRow | null = $derived.by(() => {
    const first = this.after[0];
    if (first === undefined || this.now === null) return null;
    const { urgency } = this.now.row;
    const isMore = first.row.urgency !== urgency && higher(first.row.urgency, urgency) === first.row.urgency;
    return isUrgent(first.row) && isMore ? first.row : null;
  });

  /** `asks`: whether anybody looks; as long as nobody does, nothing is asked. */
  constructor(
    backend: Backend,
    queries: LiveQueries,
    block: Block,
    { now, asks }: { now: () => number; asks: () => boolean },
  ) {
    this.#query = new LiveQuery(queries, { tags: ["envelopes"] }, async () => {
      if (!asks()) return this.#query.data;
      const ended = this.#ended;
      const minutes = block.running ? block.minutesLeft(now()) : block.minutes;
      const underHand = block.running ? this.#under : null;
      const answer = await backend.blockOffers({ minutes, passedOver: [...block.passedOver], underHand });
      // Asked after they ended: the answer knows what became of them.
      this.#leaving = without(this.#leaving, ended);
      this.#ended = without(this.#ended, ended);
      const threads = [answer.underHand, ...answer.offers].flatMap((one) => one?.row.thread ?? []);
      const left = threads.filter((thread) => !this.#leaving.has(thread));
      // Whatever is shown first is under the hand from now on, however the question came to be asked.
      if (this.#under === null || !left.includes(this.#under)) this.#under = left[0] ?? null;
      return answer;
    });
  }

  /** Asks anew. */
  ask(): Promise<void> {
    return this.#query.refresh();
  }

  /** How urgent an offered one is; one of which nothing is known may be as urgent as anything. */
  urgencyOf(thread: string): UrgencyLevel {
    return this.rowOf(thread)?.urgency ?? "emergency";
  }

  /** The envelope of an offered one. */
  rowOf(thread: string): EnvelopeRow | null {
    const all = [this.all?.underHand ?? null, ...(this.all?.offers ?? [])];
    return all.find((one) => one?.row.thread === thread)?.row ?? null;
  }

  /** Lets what is more urgent in. */
  showSooner(): void {
    this.#under = this.sooner?.thread ?? this.#under;
  }

  /** Another one than this: the next that is offered. */
  leave(thread: string): void {
    this.#leaving = new Set([...this.#leaving, thread]);
    if (this.#under === thread) this.#under = this.#offers[0]?.row.thread ?? null;
  }

  /** What became of it is the program's word again, from the next answer on. */
  left(thread: string): void {
    this.#ended = new Set([...this.#ended, thread]);
    void this.ask();
  }

  end(): void {
    this.#query.end();
  }
}

function without(all: ReadonlySet<string>, some: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...all].filter((one) => !some.has(one)));
}
