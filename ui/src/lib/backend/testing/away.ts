/** Absences of the scripted practice: what is planned is there at once, unless a test says what is wrong with it. */
import type { AwayDigest } from "$bindings/AwayDigest";
import type { AwayEndRequest } from "$bindings/AwayEndRequest";
import type { AwayList } from "$bindings/AwayList";
import type { AwayPlan } from "$bindings/AwayPlan";
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
  /** Changes of absences that the practice does not have. */
  absencesUnsent = 0;
  zone: string | null = null;

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
      zone: this.zone,
    });
  }

  async awaySave(request: AwaySaveRequest): Promise<AwaySaved> {
    this.did("awaySave", request, undefined);
    if (this.planned !== null && !(this.planned.kind === "warned" && request.despite)) return this.planned;
    this.planned = null;
    const { standIn, from, until, pools } = request;
    const known = this.absences.find(({ id }) => id === request.id);
    if (known !== undefined && known.base !== request.base) throw this.error("too-late");
    const row = this.absence(
      { id: request.id ?? `c${this.absences.length}`, absent: request.absent },
      { standIn, from: from ?? this.now(), until, pools },
    );
    this.absences = [...this.absences.filter(({ id }) => id !== row.id), row];
    this.changed(["coverage"]);
    return { kind: "queued" };
  }

  async awayEnd({ id, giveUp }: AwayEndRequest): Promise<void> {
    this.did("awayEnd", { id, giveUp }, undefined);
    const stays = (row: AwayRow): AwayRow[] =>
      row.id !== id ? [row] : giveUp && row.base !== null ? [{ ...row, change: null, saving: "saved" }] : [];
    this.absences = this.absences.flatMap(stays);
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
  absence(change: Partial<AwayRow> = {}, plan: Partial<AwayPlan> = {}): AwayRow {
    return {
      id: "c1",
      base: "1",
      absent: OSEI,
      absentName: "Dr Amara Osei",
      plan: this.plan(plan),
      change: null,
      now: true,
      gap: null,
      mayChange: true,
      saving: "saved",
      ...change,
    };
  }

  /** Mia stands in for everything from now on. */
  plan(change: Partial<AwayPlan> = {}): AwayPlan {
    return {
      standIn: "PractitionerRole/mia",
      standInName: "Mia Tran",
      from: this.now(),
      until: null,
      pools: [],
      unknownPools: 0,
      ...change,
    };
  }
}
