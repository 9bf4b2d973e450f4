/** How an envelope is worded: the same in the list, in the pane and for a screen reader (pure). */
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { FlagRow } from "$bindings/FlagRow";
import type { Holder } from "$bindings/Holder";
import { catalogue, t, worded } from "$lib/i18n/catalogue.svelte";
import { isoDay, languageName, moment, span } from "$lib/i18n/time";
import { plainName } from "$lib/text/plain";

/** "Ana Ruiz" + "for Leo Ruiz, 6 y", or "Priya Raman" and nothing; the two parts of the second where one is cut. */
export function whoOf(row: Pick<EnvelopeRow, "patientName" | "writer" | "ageYears">): {
  name: string;
  forWhom: string | null;
  whom: string;
  years: string;
} {
  const patient = plainName(row.patientName) || t("envelope.nobody");
  const age = row.ageYears;
  if (row.writer === null) return { name: patient, forWhom: null, whom: "", years: "" };
  return {
    name: plainName(row.writer),
    forWhom: forWhom(patient, age),
    whom: t("envelope.for", { patient }),
    years: age === null ? "" : t("envelope.years", { age }),
  };
}

function forWhom(patient: string, age: number | null): string {
  return age === null ? t("envelope.for", { patient }) : t("envelope.for.age", { patient, age });
}

/**
 * The threads of which the patient's name alone does not say who it is: another row has the same one with another
 * date of birth. Two rows with one date are taken for one patient: an envelope has nothing else to tell them apart.
 */
export function namesakes(
  rows: Iterable<Pick<EnvelopeRow, "thread" | "patientName" | "birthDate">>,
): Set<string> {
  const byName = new Map<string, { thread: string; born: string | null }[]>();
  for (const { thread, patientName, birthDate } of rows) {
    const name = plainName(patientName).normalize().toLocaleLowerCase();
    if (name === "") continue;
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [{ thread, born: birthDate }]);
    else same.push({ thread, born: birthDate });
  }
  const all = [...byName.values()].filter((same) => same.some(({ born }) => born !== same[0]?.born));
  return new Set(all.flat().map(({ thread }) => thread));
}

/** "born 4 Mar 2020", where the name does not say who it is; beside a proxy's name it says whose date it is. */
export function bornWords(row: Pick<EnvelopeRow, "birthDate" | "writer">): string {
  if (row.birthDate === null) return t("envelope.born.unknown");
  const born = isoDay(row.birthDate);
  return row.writer === null ? t("envelope.born", { born }) : t("envelope.born.patient", { born });
}

export function subjectOf(row: { subjectLine: string }): string {
  return plainName(row.subjectLine) || t("envelope.no-subject");
}

/** "Mia is answering, 2 min", "left by Dr Osei", "you, 1 min". */
export function holderWords(holder: Holder, now: number): string {
  const name = plainName(holder.name) || t("envelope.somebody");
  if (holder.lapsed) return holder.me ? t("envelope.left-by-you") : t("envelope.left-by", { name });
  const since = span(now - holder.since);
  return holder.me ? t("envelope.you", { span: since }) : t("envelope.answering", { name, span: since });
}

/** "due today 15:10", "was due yesterday 09:00". */
export function dueWords(due: number, now: number): string {
  return t(due < now ? "envelope.was-due" : "envelope.due", { when: moment(due, now) });
}

/** "usually 1 min"; a default says so. */
export function usualWords(row: Pick<EnvelopeRow, "usualMinutes" | "usualIsDefault">): string | null {
  if (row.usualMinutes === null) return null;
  return t(row.usualIsDefault ? "envelope.usual.default" : "envelope.usual", { n: row.usualMinutes });
}

/** Why a rule raised the row: "“tight chest”", or what the rule is about where words are not shown. */
export function flagWords(flag: FlagRow): string {
  const about = worded("flag", flag.category);
  const why = flag.words === null ? about : t("envelope.words", { words: plainName(flag.words) });
  return flag.maybeNegated ? t("envelope.maybe-negated", { why }) : why;
}

/** What stands after the chip, in the order in which it matters. */
export function factsOf(row: EnvelopeRow, now: number): string[] {
  const facts: string[] = [];
  if (row.delivery !== null && row.delivery !== "sent") facts.push(t(`envelope.delivery.${row.delivery}`));
  if (row.unreadable) facts.push(t("envelope.unreadable"));
  if (row.standsInFor !== null) facts.push(t("envelope.stands-in", { name: plainName(row.standsInFor) }));
  if (row.waitingFor !== null) facts.push(t(`envelope.wanted.${row.waitingFor}`));
  const said = row.flags.find(({ words }) => words !== null);
  if (said) facts.push(flagWords(said));
  if (row.urgency !== "routine" && row.category) facts.push(worded("category", row.category));
  if (row.holder) facts.push(holderWords(row.holder, now));
  if (row.due !== null && row.urgency !== "emergency") facts.push(dueWords(row.due, now));
  // Only where it is not the reader's own: the same word on every row says nothing.
  if (row.language && row.language.split("-")[0] !== catalogue.language)
    facts.push(languageName(row.language));
  return facts;
}

/** The word of the chip: urgency first, else what it is about. */
export function chipOf(row: Pick<EnvelopeRow, "urgency" | "category">): string | null {
  if (row.urgency !== "routine") return t(`urgency.${row.urgency}`);
  return row.category === null ? null : worded("category", row.category);
}

/** The whole row for a screen reader: urgency first, then who, what, how long. */
export function heard(row: EnvelopeRow, now: number, gone: boolean, namesake = false): string {
  const { name, forWhom: whom } = whoOf(row);
  const parts = [
    gone ? t("envelope.gone") : null,
    row.urgency === "routine" ? null : t(`urgency.${row.urgency}`),
    whom === null ? name : `${name} ${whom}`,
    namesake ? bornWords(row) : null,
    subjectOf(row),
    row.urgency === "routine" && row.category ? worded("category", row.category) : null,
    ...factsOf(row, now),
    t("envelope.waiting", { span: span(now - row.waitingSince) }),
    usualWords(row),
    row.attachments > 0 ? t("envelope.attachments", { n: row.attachments }) : null,
  ];
  return parts.filter((part) => part !== null).join(", ");
}
