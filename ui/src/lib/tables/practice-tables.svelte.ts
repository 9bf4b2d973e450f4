/**
 * The practice's tables of the page *Practice*: what the practice decides once, for everybody. Held by the window,
 * not by the page: a change that is not saved yet outlives a look at the inbox, and a locked screen.
 */
import type { TableKind } from "$bindings/TableKind";
import type { Backend } from "$lib/backend/backend";
import type { LiveQueries } from "$lib/query/live.svelte";
import { EmergencyAddress } from "./emergency-address.svelte";
import { OfficeHours } from "./hours.svelte";
import { RedFlags } from "./red-flags.svelte";
import { TriageWords } from "./triage.svelte";

export const KINDS: readonly TableKind[] = ["triage", "red-flags", "calendar", "emergencies"];

type AnyTable = TriageWords | RedFlags | OfficeHours | EmergencyAddress;

export class PracticeTables {
  /** Which is on screen. */
  tab = $state<TableKind>("triage");
  readonly triage: TriageWords;
  readonly redFlags: RedFlags;
  readonly hours: OfficeHours;
  readonly emergencies: EmergencyAddress;

  constructor(backend: Backend, queries: LiveQueries) {
    this.triage = new TriageWords(backend, queries);
    this.redFlags = new RedFlags(backend, queries);
    this.hours = new OfficeHours(backend, queries);
    this.emergencies = new EmergencyAddress(backend, queries);
  }

  /** Something was changed and not saved: it is nowhere but in this window. */
  get dirty(): boolean {
    return KINDS.some((kind) => this.of(kind).dirty);
  }

  of(kind: TableKind): AnyTable {
    switch (kind) {
      case "triage":
        return this.triage;
      case "red-flags":
        return this.redFlags;
      case "calendar":
        return this.hours;
      case "emergencies":
        return this.emergencies;
    }
  }

  get current(): AnyTable {
    return this.of(this.tab);
  }

  /** What was written in messages leaves the page; what was changed in a table stays. */
  hide(): void {
    this.triage.hide();
    this.redFlags.hide();
    this.hours.hide();
    this.emergencies.hide();
  }
}
