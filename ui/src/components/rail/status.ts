/**
 * The foot of the rail: how the engine stands, in a few short lines (pure).
 *
 * The first line always answers "is everything I sent gone, and is what I see fresh?". "All sent" is said only
 * when the program says that nothing waits.
 */
import type { Session } from "$bindings/Session";
import type { Status } from "$bindings/Status";
import { t } from "$lib/i18n/catalogue.svelte";
import { ago, count } from "$lib/i18n/time";

/** How the dot looks; the words say the same. */
export type Tone = "well" | "waiting" | "trouble";

export interface StatusLine {
  text: string;
  /** The queue that shows what the line is about. */
  queue?: "unsent";
  /** The page that does. */
  page?: "practice";
}

export interface StatusWords {
  tone: Tone;
  lines: StatusLine[];
}

export function statusWords(status: Status | null, session: Session | null, now: number): StatusWords {
  if (status === null) return { tone: "waiting", lines: [{ text: t("status.starting") }] };
  const lines: StatusLine[] = [];
  const checked = status.checked === null ? null : t("status.checked", { ago: ago(now - status.checked) });

  if (status.needsYou > 0)
    lines.push({ text: t("status.needs-you", { n: status.needsYou }), queue: "unsent" });
  if (status.waitingToSend > 0) {
    lines.push({ text: t("status.waiting", { n: status.waitingToSend }), queue: "unsent" });
  }
  if (status.tablesNotSaved > 0) {
    lines.push({ text: t("status.tables-not-saved", { n: status.tablesNotSaved }), page: "practice" });
  }

  const connection = session?.kind === "open" && session.signInAgain ? "sign-in-again" : status.connection;
  const online = connection === "online";
  if (!online) lines.push({ text: t(`status.${connection}`) });
  if (status.firstSync !== null) lines.push({ text: t("status.first-sync", { n: status.firstSync }) });

  if (lines.length === 0) lines.push({ text: [t("status.all-sent"), checked].filter(Boolean).join(" · ") });
  else if (checked !== null && status.firstSync === null) lines.push({ text: capital(checked) });

  if (status.index !== null && status.index.indexed < status.index.total) {
    const percent = Math.floor((100 * status.index.indexed) / Math.max(1, status.index.total));
    lines.push({ text: t("status.index", { percent: count(percent) }) });
  }
  if (status.clockOffMinutes !== null) {
    lines.push({ text: t("status.clock-off", { n: Math.abs(status.clockOffMinutes) }) });
  }
  if (status.unreadable > 0) lines.push({ text: t("status.unreadable", { n: status.unreadable }) });

  const trouble =
    status.needsYou > 0 ||
    status.tablesNotSaved > 0 ||
    ["untrusted", "sign-in-again", "keyring", "disk-full"].includes(connection);
  const busy = !online || status.waitingToSend > 0 || status.firstSync !== null;
  return { tone: trouble ? "trouble" : busy ? "waiting" : "well", lines };
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
