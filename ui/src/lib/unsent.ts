/** What of a member's, beside replies, has not reached the server, in words. */
import type { UnsentOthers } from "$bindings/UnsentOthers";
import { t } from "$lib/i18n/catalogue.svelte";

export const NOTHING_ELSE: UnsentOthers = { absences: 0, duties: 0, files: 0 };

/** One line for each kind that there is any of. */
export function othersInWords(others: UnsentOthers): string[] {
  const lines = [
    others.absences > 0 ? t("unsent.absences", { n: others.absences }) : null,
    others.duties > 0 ? t("unsent.duties", { n: others.duties }) : null,
    others.files > 0 ? t("unsent.files", { n: others.files }) : null,
  ];
  return lines.filter((line) => line !== null);
}
