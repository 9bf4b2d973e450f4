import { expect, it } from "vitest";
import type { WedgeReason } from "$bindings/WedgeReason";
import { type Move, movesFor } from "./delivery";

it.each<[WedgeReason["kind"], Move[]]>([
  ["claim-lost", ["send-anyway", "edit", "discard"]],
  ["answered-since", ["send-anyway", "edit", "discard"]],
  ["gone", ["edit", "discard"]],
  ["refused", ["retry", "edit", "discard"]],
  // It may have arrived: what is edited and sent again would be read beside it.
  ["outcome-unknown", ["retry", "discard"]],
])("offers what helps a reply that is %s", (kind, moves) => {
  expect(movesFor({ side: "practice", delivery: "needs-you", wedge: { kind } as WedgeReason })).toEqual(
    moves,
  );
});

it("offers nothing for a reply that nobody has to look at", () => {
  for (const delivery of ["queued", "sending", "unknown", "sent"] as const) {
    expect(movesFor({ side: "practice", delivery, wedge: null })).toEqual([]);
  }
});

it("offers no other field to what was said inside the practice", () => {
  const wedge: WedgeReason = { kind: "refused", status: 422, code: null };
  expect(movesFor({ side: "inside", delivery: "needs-you", wedge })).toEqual(["retry", "discard"]);
});
