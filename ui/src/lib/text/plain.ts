/**
 * Text that came from outside, made fit to be shown.
 *
 * A name may carry control characters and bidirectional overrides (Unicode UAX #9) that reorder what stands
 * beside it: "Leo" could be shown as another patient's name. They are replaced, visibly, by U+FFFD, and what is
 * shown is isolated besides (`<bdi>`). Left-to-right and right-to-left *marks* are kept in a message's text,
 * where Arabic and Hebrew need them, and dropped from names, where they only hide differences.
 */

const REPLACEMENT = "\uFFFD";

// C0 and C1 controls, separators, embeddings, overrides and isolates; in escapes so that this file holds none.
const NAME_CONTROLS = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]+/gu;
const NAME_MARKS = /[\u200B\u200E\u200F\u061C]/gu;
// As above, but tab and line feed are text, and a carriage return is only half a line end.
const TEXT_CONTROLS =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uFEFF]+/gu;

/** A name or a subject line: one line, no control of any kind. */
export function plainName(raw: string): string {
  return raw
    .replace(NAME_MARKS, "")
    .replace(/[\t\r\n]+/g, " ")
    .replace(NAME_CONTROLS, REPLACEMENT)
    .trim();
}

/** A message's text: lines stay, controls show. */
export function plainText(raw: string): string {
  return raw
    .replace(/\r\n?/g, "\n")
    .replace(/[\u2028\u2029]/g, "\n")
    .replace(TEXT_CONTROLS, REPLACEMENT);
}

/** Without case and accents, for finding: "reglages" finds Réglages. */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** The first characters of a long text, cut between characters and, where one is near, between words. */
export function opening(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit);
  const space = cut.lastIndexOf(" ");
  const end = space > limit - 200 ? space : limit;
  // Half a surrogate pair is no character.
  return cut.slice(0, end).replace(/[\uD800-\uDBFF]$/u, "");
}

/** Words as a person counts them. */
export function wordCount(text: string): number {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}'’.-]*/gu)?.length ?? 0;
}
