/**
 * Subject-line words on screen: categories, where each goes, how much time it has, and the words in their order.
 *
 * A row's words are one text while they are edited ("refill*, renewal"), so that they are typed as they are said;
 * they are taken apart when they are compared or sent.
 */
import type { CategoryRow } from "$bindings/CategoryRow";
import type { RuleProblemRow } from "$bindings/RuleProblemRow";
import type { TableSaved } from "$bindings/TableSaved";
import type { TriageContent } from "$bindings/TriageContent";
import type { TriagePreview } from "$bindings/TriagePreview";
import type { TriageTable } from "$bindings/TriageTable";
import type { TurnaroundTime } from "$bindings/TurnaroundTime";
import { catalogue, languages, t } from "$lib/i18n/catalogue.svelte";
import { folded } from "$lib/text/plain";
import { Preview } from "./preview.svelte";
import { same } from "./same";
import { type Problem, Table } from "./table.svelte";

/** A row of words while it is edited. */
export interface WordRow {
  /** What tells it from the others while they move. */
  readonly key: number;
  readonly category: string;
  /** Words and phrases, between commas or lines. */
  readonly text: string;
}

export interface TriageDraft {
  readonly turnaround: TurnaroundTime;
  readonly categories: readonly CategoryRow[];
  readonly words: readonly WordRow[];
}

/** How a category is called: by the catalogue where it knows the code, else by the code. */
export function categoryName(code: string): string {
  const key = `category.${code}`;
  return catalogue.has(key) ? t(key) : code;
}

/** Codes that the catalogue words. */
export const wordedCodes: readonly string[] = Object.keys(languages.get("en") ?? {})
  .filter((key) => key.startsWith("category."))
  .map((key) => key.slice("category.".length));

/** A name as a code: small letters, digits and hyphens, at most forty. */
export function codeOf(name: string): string {
  const dashed = folded(name).replace(/[^a-z0-9]+/g, "-");
  return dashed.slice(0, 40).replace(/^-+|-+$/g, "");
}

/** "refill*, renewal" as the words that it is. */
export function wordsOf(text: string): string[] {
  return text
    .split(/[,;\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

export class TriageWords extends Table<TriageTable, TriageDraft> {
  readonly kind = "triage";
  readonly preview = new Preview<TriagePreview>();
  /** The row of words that has the focus, for the keys that move it. */
  at = $state<number | null>(null);

  #keys = 0;

  /** What is edited, as the program takes it. */
  content(draft: TriageDraft): TriageContent {
    return {
      turnaround: draft.turnaround,
      categories: [...draft.categories],
      words: draft.words.map(({ category, text }) => ({ category, words: wordsOf(text) })),
    };
  }

  /** Worded codes that are not a category here yet. */
  get unused(): readonly string[] {
    const used = new Set(this.draft?.categories.map(({ code }) => code));
    return wordedCodes.filter((code) => !used.has(code));
  }

  setTurnaround(turnaround: TurnaroundTime): void {
    this.change((draft) => ({ ...draft, turnaround }));
  }

  setCategory(code: string, to: Partial<Omit<CategoryRow, "code">>): void {
    this.change((draft) => ({
      ...draft,
      categories: draft.categories.map((row) => (row.code === code ? { ...row, ...to } : row)),
    }));
  }

  /** Adds a category by its code or its name; false when there is none to add, or it is there already. */
  addCategory(name: string): boolean {
    const code = wordedCodes.includes(name) ? name : codeOf(name);
    if (code === "" || this.draft?.categories.some((row) => row.code === code)) return false;
    this.change((draft) => ({
      ...draft,
      categories: [...draft.categories, { code, pool: null, turnaround: null }],
    }));
    this.wish = `category-pool-${code}`;
    return true;
  }

  /** Its words stay, so that they can be given to another one. */
  removeCategory(code: string): void {
    const codes = this.draft?.categories.map((row) => row.code) ?? [];
    const at = codes.indexOf(code);
    this.change((draft) => ({ ...draft, categories: draft.categories.filter((row) => row.code !== code) }));
    const next = codes[at + 1] ?? codes[at - 1];
    this.wish = next === undefined ? "category-add" : `category-remove-${next}`;
  }

  setWords(key: number, to: Partial<Omit<WordRow, "key">>): void {
    this.change((draft) => ({
      ...draft,
      words: draft.words.map((row) => (row.key === key ? { ...row, ...to } : row)),
    }));
  }

  addWords(): void {
    const key = ++this.#keys;
    this.change((draft) => ({
      ...draft,
      words: [...draft.words, { key, category: draft.categories[0]?.code ?? "", text: "" }],
    }));
    this.wish = `words-category-${key}`;
  }

  removeWords(key: number): void {
    const keys = this.draft?.words.map((row) => row.key) ?? [];
    const at = keys.indexOf(key);
    this.change((draft) => ({ ...draft, words: draft.words.filter((row) => row.key !== key) }));
    const next = keys[at + 1] ?? keys[at - 1];
    this.wish = next === undefined ? "words-add" : `words-remove-${next}`;
  }

  /** Tries a row earlier (-1) or later (1) than so far. */
  moveWords(key: number, by: -1 | 1): void {
    this.change((draft) => {
      const at = draft.words.findIndex((row) => row.key === key);
      const other = draft.words[at + by];
      if (at < 0 || other === undefined) return draft;
      const words = [...draft.words];
      [words[at], words[at + by]] = [other, words[at]!];
      return { ...draft, words };
    });
  }

  /** Asks what the last messages would become. */
  async look(): Promise<void> {
    const { draft } = this;
    if (draft === null) return;
    await this.preview.ask(draft, () => this.backend.triagePreview(this.content(draft)));
  }

  hide(): void {
    this.preview.drop();
  }

  protected ask(): Promise<TriageTable> {
    return this.backend.triageTable();
  }

  protected draftOf({ content }: TriageTable): TriageDraft {
    return {
      turnaround: content.turnaround,
      categories: content.categories,
      words: content.words.map(({ category, words }) => ({
        key: ++this.#keys,
        category,
        text: words.join(", "),
      })),
    };
  }

  protected send(draft: TriageDraft, base: string | null): Promise<TableSaved> {
    return this.backend.triageSave({ content: this.content(draft), base });
  }

  protected alike(one: TriageDraft, other: TriageDraft): boolean {
    return same(this.content(one), this.content(other));
  }

  protected check({ categories, words }: TriageDraft): Problem[] {
    const codes = new Set(categories.map(({ code }) => code));
    return words.flatMap(({ key, category, text }) => {
      if (!codes.has(category)) {
        return [{ place: `words-category-${key}`, text: t("triage.wrong.category") }];
      }
      return wordsOf(text).length === 0 ? [{ place: `words-${key}`, text: t("triage.wrong.no-word") }] : [];
    });
  }

  /** The program names the field by its path: `words[3]`. */
  protected placeOf({ rule, problem }: RuleProblemRow): string | null {
    const [, field, index] = /^(turnaround|categories|words)(?:\[(\d+)\])?/.exec(rule ?? problem) ?? [];
    if (field === "turnaround") return "turnaround";
    const category = this.draft?.categories[Number(index)];
    if (field === "categories" && category !== undefined) return `category-pool-${category.code}`;
    const words = this.draft?.words[Number(index)];
    return field === "words" && words !== undefined ? `words-${words.key}` : null;
  }
}
