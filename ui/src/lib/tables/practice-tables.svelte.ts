/**
 * The practice's tables of the page *Practice*: what the practice decides once, for everybody. Held by the window,
 * not by the page: a change that is not saved yet outlives a look at the inbox, and a locked screen.
 */
import type { TableKind } from "$bindings/TableKind";
import type { Backend } from "$lib/backend/backend";
import type { LiveQueries } from "$lib/query/live.svelte";
import { OfficeHours } from "./hours.svelte";
import { RedFlags } from "./red-flags.svelte";
import { TriageWords } from "./triage.svelte";

export const KINDS: readonly TableKind[] = ["triage", "red-flags", "calendar"];

export class PracticeTables {
  /** Which is on screen. */
  tab = $state<TableKind>("triage");
  readonly triage: TriageWords;
  readonly redFlags: RedFlags;
  readonly hours: OfficeHours;

  constructor(backend: Backend, queries: LiveQueries) {
    this.triage = new TriageWords(backend, queries);
    this.redFlags = new RedFlags(backend, queries);
    this.hours = new OfficeHours(backend, queries);
  }

  /** Something was changed and not saved: it is nowhere but in this window. */
  get dirty(): boolean {
    return KINDS.some((kind) => this.of(kind).dirty);
  }

  of(kind: TableKind): TriageWords | RedFlags | OfficeHours {
    if (kind === "triage") return this.triage;
    return kind === "red-flags" ? this.redFlags : this.hours;
  }

  get current(): TriageWords | RedFlags | OfficeHours {
    return this.of(this.tab);
  }

  /** What was written in messages leaves the page; what was changed in a table stays. */
  hide(): void {
    this.triage.hide();
    this.redFlags.hide();
    this.hours.hide();
  }
}
