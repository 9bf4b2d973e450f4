/**
 * The practice's tables of the scripted practice. What is saved waits, as it does for a server, until a test (or a
 * person, in the browser's console) says what became of it: `arrive`, `overtake`, `refuse`.
 */
import type { EmergencyContent } from "$bindings/EmergencyContent";
import type { EmergencySaveRequest } from "$bindings/EmergencySaveRequest";
import type { EmergencyTable } from "$bindings/EmergencyTable";
import type { HoursSaveRequest } from "$bindings/HoursSaveRequest";
import type { HoursTable } from "$bindings/HoursTable";
import type { RedFlagPreview } from "$bindings/RedFlagPreview";
import type { RedFlagSaveRequest } from "$bindings/RedFlagSaveRequest";
import type { RedFlagTable } from "$bindings/RedFlagTable";
import type { RuleProblemRow } from "$bindings/RuleProblemRow";
import type { TableDiscardRequest } from "$bindings/TableDiscardRequest";
import type { TableKind } from "$bindings/TableKind";
import type { TableSaved } from "$bindings/TableSaved";
import type { TableState } from "$bindings/TableState";
import type { TriageContent } from "$bindings/TriageContent";
import type { TriagePreview } from "$bindings/TriagePreview";
import type { TriageSaveRequest } from "$bindings/TriageSaveRequest";
import type { TriageTable } from "$bindings/TriageTable";
import { MemoryEmergencies } from "./emergencies";
import {
  categories,
  hoursContent,
  pools,
  redFlagPreview,
  rules,
  triageContent,
  triagePreview,
  zones,
} from "./table-words";

interface Lying {
  triage: TriageContent;
  "red-flags": RedFlagTable["rules"];
  calendar: HoursTable["content"];
  emergencies: EmergencyContent;
}

export abstract class MemoryTables extends MemoryEmergencies {
  /** Whether the member may edit them. */
  mayEdit = true;
  /** What the next saving finds wrong. */
  wrong: RuleProblemRow[] = [];
  /** What the server has. */
  onServer: Lying = {
    triage: triageContent(),
    "red-flags": rules(),
    calendar: hoursContent(),
    emergencies: { webhook: "" },
  };
  states: Record<TableKind, Omit<TableState, "mayEdit">> = {
    triage: { base: "3", updated: null, problem: null, saving: "saved" },
    "red-flags": { base: "7", updated: null, problem: null, saving: "saved" },
    calendar: { base: "2", updated: null, problem: null, saving: "saved" },
    emergencies: { base: null, updated: null, problem: null, saving: "saved" },
  };
  /** What was saved here and is not on the server. */
  waiting: Partial<Lying> = {};

  /** The server has what was saved. */
  arrive(kind: TableKind): void {
    Object.assign(this.onServer, { [kind]: this.#shown(kind) });
    delete this.waiting[kind];
    this.#stand(kind, { base: this.#next(kind), saving: "saved" });
  }

  /** Somebody else changes a table; what waits here is overtaken. */
  overtake<K extends TableKind>(kind: K, theirs: Lying[K]): void {
    Object.assign(this.onServer, { [kind]: theirs });
    const saving = this.waiting[kind] === undefined ? "saved" : "overtaken";
    this.#stand(kind, { base: this.#next(kind), saving });
  }

  /** The server does not take what waits. */
  refuse(kind: TableKind): void {
    this.#stand(kind, { saving: "refused" });
  }

  async triageTable(): Promise<TriageTable> {
    return this.did("triageTable", null, {
      state: this.#state("triage"),
      content: this.#shown("triage"),
      pools: pools(),
    });
  }
  async triageSave(request: TriageSaveRequest): Promise<TableSaved> {
    return this.#save("triageSave", "triage", request, request.content);
  }
  async triagePreview(content: TriageContent): Promise<TriagePreview> {
    return this.did("triagePreview", content, triagePreview(this.now()));
  }

  async redFlagTable(): Promise<RedFlagTable> {
    return this.did("redFlagTable", null, {
      state: this.#state("red-flags"),
      rules: this.#shown("red-flags"),
      categories: categories(),
    });
  }
  async redFlagSave(request: RedFlagSaveRequest): Promise<TableSaved> {
    const sent = new Map(request.rules.map((rule) => [rule.id, rule]));
    const before = new Map(this.#shown("red-flags").map((rule) => [rule.id, rule]));
    // The program counts and dates; what is not sent is as it comes with Tern.
    const kept = rules()
      .filter(({ id, origin }) => origin === "starting" && !sent.has(id))
      .map((rule) => ({ ...rule, off: null }));
    const changed = request.rules.map((rule) => ({
      ...rule,
      version: (before.get(rule.id)?.version ?? 0) + 1,
      date: "2026-11-22",
      off: rule.off === null ? null : { ...rule.off, date: rule.off.date || "2026-11-22" },
    }));
    const byId = [...kept, ...changed].sort((one, other) => (one.id < other.id ? -1 : 1));
    return this.#save("redFlagSave", "red-flags", request, byId);
  }
  async redFlagPreview(request: RedFlagSaveRequest): Promise<RedFlagPreview> {
    return this.did("redFlagPreview", request, { ...redFlagPreview(this.now()), problems: this.wrong });
  }

  async hoursTable(): Promise<HoursTable> {
    return this.did("hoursTable", null, {
      state: this.#state("calendar"),
      content: this.#shown("calendar"),
      zones: zones(),
    });
  }
  async hoursSave(request: HoursSaveRequest): Promise<TableSaved> {
    return this.#save("hoursSave", "calendar", request, request.content);
  }

  async emergencyTable(): Promise<EmergencyTable> {
    return this.did("emergencyTable", null, {
      state: this.#state("emergencies"),
      content: this.#shown("emergencies"),
    });
  }
  async emergencySave(request: EmergencySaveRequest): Promise<TableSaved> {
    return this.#save("emergencySave", "emergencies", request, request.content);
  }

  async tableDiscard(request: TableDiscardRequest): Promise<void> {
    await this.did("tableDiscard", request, undefined);
    delete this.waiting[request.table];
    this.#stand(request.table, { saving: "saved" });
  }

  #state(kind: TableKind): TableState {
    return { ...this.states[kind], mayEdit: this.mayEdit };
  }

  #shown<K extends TableKind>(kind: K): Lying[K] {
    return structuredClone((this.waiting[kind] as Lying[K] | undefined) ?? this.onServer[kind]);
  }

  #next(kind: TableKind): string {
    return String(Number(this.states[kind].base ?? 0) + 1);
  }

  #save<K extends TableKind>(
    name: string,
    kind: K,
    request: { base: string | null },
    content: Lying[K],
  ): TableSaved {
    this.did(name, request, undefined);
    if (this.wrong.length > 0) return { kind: "wrong", problems: this.wrong };
    Object.assign(this.waiting, { [kind]: structuredClone(content) });
    this.#stand(kind, { saving: request.base === this.states[kind].base ? "queued" : "overtaken" });
    return { kind: "queued" };
  }

  #stand(kind: TableKind, change: Partial<TableState>): void {
    const updated = this.now();
    this.states = { ...this.states, [kind]: { ...this.states[kind], updated, ...change } };
    this.changed(["tables"]);
  }
}
