/**
 * Red-flag rules on screen: those that come with Tern, what the practice changed of them, and its own.
 *
 * Only what differs from Tern is the practice's to keep, so only that is sent. A rule that is edited is no longer
 * the one that a clinician signed: whatever changes what it does empties *Reviewed by*, until somebody signs again.
 */
import type { RedFlagPreview } from "$bindings/RedFlagPreview";
import type { RedFlagRule } from "$bindings/RedFlagRule";
import type { RedFlagTable } from "$bindings/RedFlagTable";
import type { RuleProblemRow } from "$bindings/RuleProblemRow";
import type { TableSaved } from "$bindings/TableSaved";
import { t, worded } from "$lib/i18n/catalogue.svelte";
import { folded } from "$lib/text/plain";
import { Preview } from "./preview.svelte";
import { same } from "./same";
import { type Problem, Table } from "./table.svelte";
import { codeOf } from "./triage.svelte";

export interface RedFlagDraft {
  readonly rules: readonly RedFlagRule[];
  /** Ids of rules that go back to Tern's when it is saved. */
  readonly back: readonly string[];
}

/** What a person writes in a rule. */
export type RuleEdit = Partial<
  Pick<RedFlagRule, "raiseTo" | "patterns" | "unless" | "unlessAnywhere" | "note" | "reviewedBy">
>;

/** Rules of one category, in the rules' order. */
export interface RuleGroup {
  category: string;
  rules: RedFlagRule[];
}

/** What a rule does, and not who signed it. */
const DOES = ["raiseTo", "patterns", "unless", "unlessAnywhere"] as const;

/** Lines without the empty ones. */
function tidy(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

/** As it is sent: patterns without empty lines, texts without space around them. */
function tidied(rule: RedFlagRule): RedFlagRule {
  return {
    ...rule,
    patterns: tidy(rule.patterns),
    unless: tidy(rule.unless),
    unlessAnywhere: tidy(rule.unlessAnywhere),
    note: rule.note.trim(),
    reviewedBy: rule.reviewedBy.trim(),
  };
}

/** Without what the program writes. */
function said(rule: RedFlagRule): unknown {
  const { version: _v, date: _d, origin: _o, judged: _j, lowered: _l, off, ...rest } = tidied(rule);
  return { ...rest, off: off === null ? null : { by: off.by, reason: off.reason } };
}

/** What is searched of a rule, beside its category's name; long, and the same until the rule is changed. */
const searched = new WeakMap<RedFlagRule, string>();

function found(rule: RedFlagRule, wanted: readonly string[]): boolean {
  let text = searched.get(rule);
  if (text === undefined) searched.set(rule, (text = folded([rule.id, ...rule.patterns].join("\n"))));
  const name = folded(ruleCategory(rule.category));
  return wanted.every((part) => text.includes(part) || name.includes(part));
}

/** The id that a rule of the practice's own gets by its name; none where that is no name. */
export function ownId(name: string): string | null {
  const code = codeOf(name.replace(/^own-/, ""));
  return code === "" ? null : `own-${code}`;
}

/** How a rule's category is called. */
export function ruleCategory(code: string): string {
  return worded("red-flag.category", code);
}

export class RedFlags extends Table<RedFlagTable, RedFlagDraft> {
  readonly kind = "red-flags";
  readonly preview = new Preview<RedFlagPreview>();
  /** Id of the rule in the editor. */
  selected = $state("");
  search = $state("");
  /** Only those that people lowered after. */
  falseAlarmsOnly = $state(false);

  readonly rule = $derived(this.draft?.rules.find(({ id }) => id === this.selected) ?? null);
  /** What is found by id, category or pattern, by category. */
  readonly groups = $derived.by<RuleGroup[]>(() => {
    const wanted = folded(this.search).split(/\s+/).filter(Boolean);
    const groups = new Map<string, RedFlagRule[]>(this.answer?.categories.map((code) => [code, []]));
    for (const rule of this.draft?.rules ?? []) {
      if (wanted.length > 0 && !found(rule, wanted)) continue;
      if (this.falseAlarmsOnly && rule.lowered === 0) continue;
      const group = groups.get(rule.category);
      if (group === undefined) groups.set(rule.category, [rule]);
      else group.push(rule);
    }
    return [...groups]
      .filter(([, rules]) => rules.length > 0)
      .map(([category, rules]) => ({ category, rules }));
  });
  /** Rules whose messages people lowered. */
  readonly falseAlarms = $derived((this.draft?.rules ?? []).filter(({ lowered }) => lowered > 0).length);
  /** Rules in use that no clinician has reviewed. */
  readonly unreviewed = $derived(
    (this.draft?.rules ?? []).filter(({ off, reviewedBy }) => off === null && reviewedBy.trim() === "")
      .length,
  );

  protected override readonly renews = true;
  protected override readonly begins = false;

  /** What is sent: changed rules, own rules, and those that are off. */
  sent(draft: RedFlagDraft): RedFlagRule[] {
    return draft.rules
      .filter(({ id, origin, off }) => !draft.back.includes(id) && (origin !== "starting" || off !== null))
      .map(tidied);
  }

  /** Whether a rule goes back to Tern's when it is saved. */
  goesBack(id: string): boolean {
    return this.draft?.back.includes(id) ?? false;
  }

  /** Whether a rule differs from what was loaded. */
  isEdited(rule: RedFlagRule): boolean {
    const before = this.#before(rule.id);
    return (
      this.goesBack(rule.id) || before === undefined || !(before === rule || same(said(before), said(rule)))
    );
  }

  edit(id: string, to: RuleEdit): void {
    this.#replace(id, (rule) => {
      const next = { ...rule, ...to };
      const before = this.#before(id);
      const did = (one: RedFlagRule) => DOES.map((field) => tidied(one)[field]);
      if (before !== undefined && same(did(before), did(next))) {
        // What was changed is as it was: so is who signed it.
        if (to.reviewedBy === undefined && next.reviewedBy === "") next.reviewedBy = before.reviewedBy;
        if (same(said(before), said(next))) next.origin = before.origin;
        else if (next.origin === "starting") next.origin = "changed";
        return next;
      }
      if (next.origin === "starting") next.origin = "changed";
      if (!same(did(rule), did(next))) next.reviewedBy = "";
      return next;
    });
  }

  /** Not used any more; whoever decided it, and why, stand there. The program writes the day. */
  switchOff(id: string, by: string, reason: string): void {
    if (by.trim() === "" || reason.trim() === "") return;
    this.#replace(id, (rule) => ({ ...rule, off: { by: by.trim(), date: "", reason: reason.trim() } }));
  }

  switchOn(id: string): void {
    this.#replace(id, (rule) => ({ ...rule, off: null }));
  }

  /** Tern's own rule is used again, once it is saved. What the practice made of it stays in older versions. */
  backToTerns(id: string): void {
    const before = this.#before(id);
    if (before?.origin === "starting") this.#replace(id, () => before);
    else this.change((draft) => ({ ...draft, back: [...draft.back.filter((one) => one !== id), id] }));
  }

  /** The practice's stays after all. */
  stay(id: string): void {
    this.change((draft) => ({ ...draft, back: draft.back.filter((one) => one !== id) }));
  }

  /** A rule of the practice's own; false when its name is no name, or taken. */
  add(name: string, category: string, language: string): boolean {
    const id = ownId(name);
    if (id === null || this.draft?.rules.some((rule) => rule.id === id)) return false;
    const rule: RedFlagRule = {
      id,
      version: 1,
      category,
      language,
      raiseTo: "same-day",
      patterns: [],
      unless: [],
      unlessAnywhere: [],
      note: "",
      reviewedBy: "",
      date: "",
      origin: "own",
      off: null,
      judged: 0,
      lowered: 0,
    };
    this.change((draft) => ({ ...draft, rules: [...draft.rules, rule] }));
    this.search = "";
    this.falseAlarmsOnly = false;
    this.selected = id;
    this.wish = "rule-patterns";
    return true;
  }

  /** Takes a rule of the practice's own away. */
  remove(id: string): void {
    const ids = this.draft?.rules.map((rule) => rule.id) ?? [];
    const at = ids.indexOf(id);
    this.selected = ids[at + 1] ?? ids[at - 1] ?? "";
    this.change((draft) => ({
      ...draft,
      rules: draft.rules.filter((rule) => rule.id !== id || rule.origin !== "own"),
    }));
    this.wish = "rule-search";
  }

  /** Asks what the last messages would become; problems stand beside the preview. */
  async look(): Promise<void> {
    const { draft, state } = this;
    if (draft === null || state === null) return;
    const request = { rules: this.sent(draft), base: state.base };
    await this.preview.ask(draft, () => this.backend.redFlagPreview(request));
  }

  hide(): void {
    this.preview.drop();
  }

  /** A problem's rule is the one in the editor then. */
  override show(problem: Problem): void {
    const id = problem.place?.replace(/^rule-/, "");
    if (id === undefined || !this.draft?.rules.some((rule) => rule.id === id)) return super.show(problem);
    this.search = "";
    this.falseAlarmsOnly = false;
    this.selected = id;
    this.wish = "rule-patterns";
  }

  protected ask(): Promise<RedFlagTable> {
    return this.backend.redFlagTable();
  }

  protected draftOf({ rules }: RedFlagTable): RedFlagDraft {
    if (this.selected === "") this.selected = rules[0]?.id ?? "";
    return { rules, back: [] };
  }

  protected send(draft: RedFlagDraft, base: string | null): Promise<TableSaved> {
    return this.backend.redFlagSave({ rules: this.sent(draft), base });
  }

  protected alike(one: RedFlagDraft, other: RedFlagDraft): boolean {
    return (
      same([...one.back].sort(), [...other.back].sort()) &&
      one.rules.length === other.rules.length &&
      one.rules.every((rule, at) => {
        const its = other.rules[at]!;
        return rule === its || same(said(rule), said(its));
      })
    );
  }

  protected check(draft: RedFlagDraft): Problem[] {
    return this.sent(draft).flatMap(({ id, patterns }) =>
      patterns.length === 0 ? [{ place: `rule-${id}`, text: t("rules.wrong.no-pattern", { id }) }] : [],
    );
  }

  protected placeOf({ rule }: RuleProblemRow): string | null {
    return rule === null ? null : `rule-${rule}`;
  }

  protected override aboutOf({ rule }: RuleProblemRow): string | undefined {
    return rule ?? undefined;
  }

  #before(id: string): RedFlagRule | undefined {
    return this.loaded?.rules.find((rule) => rule.id === id);
  }

  #replace(id: string, to: (rule: RedFlagRule) => RedFlagRule): void {
    this.change((draft) => ({
      rules: draft.rules.map((rule) => (rule.id === id ? to(rule) : rule)),
      back: draft.back.filter((one) => one !== id),
    }));
  }
}
