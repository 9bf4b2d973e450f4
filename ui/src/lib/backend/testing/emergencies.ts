/** Emergencies of the scripted practice, and who is on duty: as a test says. */
import type { DutyEndRequest } from "$bindings/DutyEndRequest";
import type { DutyList } from "$bindings/DutyList";
import type { DutyRow } from "$bindings/DutyRow";
import type { DutySaved } from "$bindings/DutySaved";
import type { DutySaveRequest } from "$bindings/DutySaveRequest";
import type { EmergencyBoard } from "$bindings/EmergencyBoard";
import type { EmergencyContent } from "$bindings/EmergencyContent";
import type { EmergencyRequest } from "$bindings/EmergencyRequest";
import type { EmergencyTaken } from "$bindings/EmergencyTaken";
import type { WebhookTried } from "$bindings/WebhookTried";
import { MemoryAway } from "./away";

const MINUTES = 60_000;

export abstract class MemoryEmergencies extends MemoryAway {
  board: EmergencyBoard = { rows: [], isPosted: true, isUnheard: false, onDuty: [] };
  /** What the next "I have it" is answered; none: it is the member's. */
  taken: EmergencyTaken | null = null;
  /** What an address makes of a page that calls nobody. */
  tried: WebhookTried = { kind: "taken" };
  duties: DutyRow[] = [];
  /** What the next duty is answered; none: it is saved. */
  served: DutySaved | null = null;

  async emergencies(): Promise<EmergencyBoard> {
    return this.did("emergencies", null, structuredClone(this.board));
  }

  async emergencyHave(request: EmergencyRequest): Promise<EmergencyTaken> {
    const until = this.now() + 5 * MINUTES;
    const yours: EmergencyTaken = { kind: "yours", until };
    const taken = this.did("emergencyHave", request, this.taken ?? yours);
    if (taken.kind === "yours") {
      this.board = {
        ...this.board,
        rows: this.board.rows.map((row) =>
          row.item === request.item
            ? { ...row, told: { kind: "held", name: "Dr Amara Osei", mine: true, until } }
            : row,
        ),
      };
      this.changed(["emergencies"]);
    }
    return taken;
  }

  async webhookTry(content: EmergencyContent): Promise<WebhookTried> {
    return this.did("webhookTry", content, this.tried);
  }

  async duty(): Promise<DutyList> {
    const { me, mayOwn, mayOthers, members, zone } = await this.away();
    return this.did("duty", null, {
      rows: structuredClone(this.duties),
      me,
      mayOwn,
      mayOthers,
      members,
      zone,
    });
  }

  async dutySave(request: DutySaveRequest): Promise<DutySaved> {
    this.did("dutySave", request, undefined);
    if (this.served !== null) return this.served;
    const { members } = await this.away();
    const name = members.find(({ reference }) => reference === request.who)?.name ?? "";
    const row: DutyRow = {
      id: `d${this.duties.length}`,
      who: request.who,
      name,
      from: request.from ?? this.now(),
      until: request.until,
      now: request.from === null || request.from <= this.now(),
      mayEnd: true,
      saving: "saved",
    };
    this.duties = [...this.duties, row];
    this.changed(["emergencies"]);
    return { kind: "queued" };
  }

  async dutyEnd({ id, giveUp }: DutyEndRequest): Promise<void> {
    this.did("dutyEnd", { id, giveUp }, undefined);
    this.duties = this.duties.filter((row) => row.id !== id);
    this.changed(["emergencies"]);
  }
}
