/** What a scripted practice offers in a block: as the program does, of one queue, with every row startable. */
import type { BlockOffer } from "$bindings/BlockOffer";
import type { BlockOffers } from "$bindings/BlockOffers";
import type { BlockRequest } from "$bindings/BlockRequest";
import type { EnvelopeRow } from "$bindings/EnvelopeRow";

export function offersOf(queue: readonly EnvelopeRow[], request: BlockRequest): BlockOffers {
  const rows = queue.filter(
    (row) => !request.passedOver.some((one) => one.thread === row.thread && one.urgency === row.urgency),
  );
  const held = rows.find(({ thread }) => thread === request.underHand);
  let spent = held?.usualMinutes ?? 0;
  const underHand = held === undefined ? null : { row: held, fits: spent <= request.minutes };
  const offers: BlockOffer[] = [];
  const leftOut: EnvelopeRow[] = [];
  for (const row of rows.filter((one) => one !== held)) {
    const fits = spent + (row.usualMinutes ?? 0) <= request.minutes;
    if (!fits && row.urgency !== "urgent" && row.urgency !== "emergency") {
      leftOut.push(row);
      continue;
    }
    offers.push({ row, fits });
    spent += row.usualMinutes ?? 0;
  }
  const fitting = [...(underHand === null ? [] : [underHand]), ...offers].filter(({ fits }) => fits);
  return {
    underHand,
    offers: offers.slice(0, 6),
    fitting: fitting.length,
    minutes: fitting.reduce((sum, { row }) => sum + (row.usualMinutes ?? 0), 0),
    beyond: offers.length + (underHand === null ? 0 : 1) - fitting.length,
    leftOut: leftOut[0] ?? null,
    leftOutCount: leftOut.length,
  };
}
