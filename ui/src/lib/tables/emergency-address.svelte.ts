/** Where emergencies are posted to, on screen: an address, and what it makes of a page that calls nobody. */
import type { EmergencyContent } from "$bindings/EmergencyContent";
import type { EmergencyTable } from "$bindings/EmergencyTable";
import type { RuleProblemRow } from "$bindings/RuleProblemRow";
import type { TableSaved } from "$bindings/TableSaved";
import type { WebhookTried } from "$bindings/WebhookTried";
import { failureOf } from "$lib/backend/backend";
import { type MessageKey, t } from "$lib/i18n/catalogue.svelte";
import { type Problem, Table } from "./table.svelte";

/** Why an address is none to post to, as the program sees it too. Blank is none, and right. */
export function addressProblem(typed: string): MessageKey | null {
  const address = typed.trim();
  if (address === "") return null;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return "pager.wrong.address";
  }
  if (url.hostname === "") return "pager.wrong.address";
  if (url.username !== "" || url.password !== "") return "pager.wrong.password";
  const here = /^(localhost|\[::1\]|127(\.\d+){3})$/.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && here) ? null : "pager.wrong.secure";
}

export class EmergencyAddress extends Table<EmergencyTable, EmergencyContent> {
  readonly kind = "emergencies";
  protected override readonly begins = false;

  /** It is being tried. */
  trying = $state(false);
  /** What the address that stands here made of it. */
  tried = $state.raw<WebhookTried | null>(null);

  setWebhook(webhook: string): void {
    this.tried = null;
    this.change((draft) => ({ ...draft, webhook }));
  }

  /** Posts a page that calls nobody to what stands in the field, saved or not. */
  async try(): Promise<void> {
    const { draft } = this;
    if (draft === null || draft.webhook.trim() === "" || this.trying || !this.mayEdit) return;
    this.trying = true;
    this.tried = null;
    this.failure = null;
    try {
      const tried = await this.backend.webhookTry({ webhook: draft.webhook.trim() });
      // Another address was typed meanwhile: it was not that one.
      if (this.draft?.webhook === draft.webhook) this.tried = tried;
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.trying = false;
  }

  hide(): void {}

  protected ask(): Promise<EmergencyTable> {
    return this.backend.emergencyTable();
  }

  protected draftOf({ content }: EmergencyTable): EmergencyContent {
    return content;
  }

  protected send(draft: EmergencyContent, base: string | null): Promise<TableSaved> {
    return this.backend.emergencySave({ content: { webhook: draft.webhook.trim() }, base });
  }

  protected alike(one: EmergencyContent, other: EmergencyContent): boolean {
    return one.webhook.trim() === other.webhook.trim();
  }

  protected check({ webhook }: EmergencyContent): Problem[] {
    const problem = addressProblem(webhook);
    return problem === null ? [] : [{ place: "webhook", text: t(problem) }];
  }

  protected placeOf({ problem }: RuleProblemRow): string | null {
    return problem.startsWith("webhook") ? "webhook" : null;
  }
}
