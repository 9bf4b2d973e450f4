/** What a person can do about a message that did not get through (pure). */
import type { MessageRow } from "$bindings/MessageRow";

export type Move = "retry" | "edit" | "discard" | "send-anyway";

/**
 * Only what can help: a refused text is the same text again, so it is edited; what may have arrived is looked
 * for again, and never written anew: the patient would read both. Sending anyway is for those who saw who answered.
 */
export function movesFor(message: Pick<MessageRow, "delivery" | "side" | "wedge">): Move[] {
  if (message.delivery !== "needs-you") return [];
  // What is said inside the practice answers nobody, and has no field of its own to be edited in.
  if (message.side === "inside") return ["retry", "discard"];
  switch (message.wedge?.kind) {
    case "claim-lost":
    case "answered-since":
      return ["send-anyway", "edit", "discard"];
    case "gone":
      return ["edit", "discard"];
    case "outcome-unknown":
      return ["retry", "discard"];
    case "refused":
    case undefined:
      return ["retry", "edit", "discard"];
  }
}
