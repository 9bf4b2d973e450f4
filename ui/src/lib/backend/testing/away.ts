/** Absences of the scripted practice: what is planned is there at once, unless a test says what is wrong with it. */
import type { AwayDigest } from "$bindings/AwayDigest";
import type { AwayEndRequest } from "$bindings/AwayEndRequest";
import type { AwayList } from "$bindings/AwayList";
import type { AwayRow } from "$bindings/AwayRow";
import type { AwaySaved } from "$bindings/AwaySaved";
import type { AwaySaveRequest } from "$bindings/AwaySaveRequest";
import type { DigestDismissRequest } from "$bindings/DigestDismissRequest";
import { Calls } from "./calls";

const OSEI = "PractitionerRole/osei";

export abstract class MemoryAway extends Calls {
  abstract now: () => number;
  abstract changed(tags: string[], threads?: string[]): void;

  /** Names of those for whom one stands in, by their queue. */
  railNames = new Map<string, string>();
  mayPlan = true;
  mayPlanOthers = false;
  absences: AwayRow[] = [];
  /** What the next plan is answered; none: it is saved. */
  planned: AwaySaved | null = null;
  digestNow: AwayDigest | null = null;

  async away(): Promise<AwayList> {
    return this.did("away", null, {
      rows: structuredClone(this.absences),
      me: OSEI,
      mayOwn: this.mayPlan,
      mayOthers: this.mayPlanOthers,
      members: [
        { reference: OSEI, name: "Dr Amara Osei", role: "physician" },
        { reference: "PractitionerRole/jo", name: "Jo Bélanger", role: "front-office" },
        { reference: "PractitionerRole/mia", name: "Mia Tran", role: "ma" },
      ],
      pools: [{ id: "pool/nurses", name: "Nurse triage", number: 2, staffed: true }],
    });
  }

  async awaySave(request: AwaySaveRequest): Promise<AwaySaved> {
    this.did("awaySave", request, undefined);
    if (this.planned !== null && !(this.planned.kind === "warned" && request.despite)) return this.planned;
    this.planned = null;
    const row = this.absence({ ...request, id: request.id ?? `c${this.absences.length}`, base: null });
    this.absences = [...this.absences.filter(({ id }) => id !== row.id), row];
    this.changed(["coverage"]);
    return { kind: "queued" };
  }

  async awayEnd({ id }: AwayEndRequest): Promise<void> {
    this.did("awayEnd", { id }, undefined);
    this.absences = this.absences.filter((row) => row.id !== id);
    this.changed(["coverage"]);
  }

  async digest(): Promise<AwayDigest | null> {
    return this.did("digest", null, structuredClone(this.digestNow));
  }

  async digestDismiss(request: DigestDismissRequest): Promise<void> {
    this.did("digestDismiss", request, undefined);
    this.digestNow = null;
    this.changed(["coverage"]);
  }

  /** An absence of Dr Osei's, in which Mia stands in. */
  absence(change: Partial<AwayRow>): AwayRow {
    const { id, base, absent, standIn, from, until, pools, ...rest } = change;
    return {
      id: id ?? "c1",
      base: base ?? "1",
      absent: absent ?? OSEI,
      absentName: "Dr Amara Osei",
      standIn: standIn ?? "PractitionerRole/mia",
      standInName: "Mia Tran",
      from: from ?? this.now(),
      until: until ?? null,
      pools: pools ?? [],
      now: rest.now ?? true,
      gap: rest.gap ?? null,
      mayChange: rest.mayChange ?? true,
      saving: rest.saving ?? "saved",
    };
  }
}
