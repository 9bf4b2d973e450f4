/**
 * One of the practice's tables on screen: what the program says it is, what the person made of it, and what
 * became of that. Which table it is, its subclass knows.
 *
 * ```text
 *                    edit                 save                     the server has it
 *   as loaded ─────────────> changed ──────────────> waits ─────────────────────────> as loaded
 *       ^                     │  │ ^   wrong: stays changed,  │
 *       └──── undo changes ───┘  └─┘   problems named         └─> overtaken, refused ─┬─> saved over theirs
 *                             │                                                      └─> given up
 *                             └─ theirs changed meanwhile: stays changed, and is said
 * ```
 *
 * Nothing typed is lost: an answer of the program replaces what stands here only where the person changed nothing.
 * Nobody's change is written over unseen: where theirs came between, saving is a button of its own.
 */
import type { ApiError } from "$bindings/ApiError";
import type { RuleProblemRow } from "$bindings/RuleProblemRow";
import type { TableKind } from "$bindings/TableKind";
import type { TableSaved } from "$bindings/TableSaved";
import type { TableState } from "$bindings/TableState";
import { type Backend, failureOf } from "$lib/backend/backend";
import { Freshest } from "$lib/query/freshest";
import type { LiveQueries } from "$lib/query/live.svelte";

/** Something that keeps a table from being saved. */
export interface Problem {
  /** Id of the field that it is in, for the focus; none where that cannot be told. */
  place: string | null;
  text: string;
  /** What it is about, where the text alone does not say so. */
  about?: string;
}

/** Why saving needs a decision first. */
export type Clash = "overtaken" | "refused" | "moved";

export abstract class Table<Answer extends { state: TableState }, Draft> {
  abstract readonly kind: TableKind;

  /** The program's last answer. */
  answer = $state.raw<Answer | null>(null);
  /** What the person sees and edits; never changed in place. */
  draft = $state.raw<Draft | null>(null);
  /** The draft as it was loaded, or as it was saved last. */
  loaded = $state.raw<Draft | null>(null);
  /** Why it cannot be read. */
  unread = $state.raw<ApiError | null>(null);
  /** Why the last saving or giving up failed. */
  failure = $state.raw<ApiError | null>(null);
  /** Saving, or giving up, is under way. */
  busy = $state(false);
  /** Why nothing was saved. */
  problems = $state.raw<readonly Problem[]>([]);
  /** Id of the element that the focus goes to next. */
  wish = $state<string | null>(null);

  readonly state = $derived(this.answer?.state ?? null);
  readonly mayEdit = $derived(this.state?.mayEdit ?? false);
  /** The server has none, and none is on its way there. */
  readonly absent = $derived(this.state?.base === null && this.state.saving === "saved");
  readonly dirty = $derived(
    this.draft !== null && this.loaded !== null && !this.alike(this.draft, this.loaded),
  );

  protected readonly backend: Backend;
  #queries: LiveQueries;
  #reading = new Freshest();
  #moved = $state(false);

  constructor(backend: Backend, queries: LiveQueries) {
    this.backend = backend;
    this.#queries = queries;
  }

  protected abstract ask(): Promise<Answer>;
  protected abstract draftOf(answer: Answer): Draft;
  protected abstract send(draft: Draft, base: string | null): Promise<TableSaved>;
  /** What is wrong with it as far as the screen can tell, in the person's language. */
  protected abstract check(draft: Draft): Problem[];
  /** The field that the program means. */
  protected abstract placeOf(row: RuleProblemRow): string | null;
  /** What a problem is about: nothing where the program's words begin with the field. */
  protected aboutOf(_row: RuleProblemRow): string | undefined {
    return undefined;
  }
  /** Whether two drafts say the same. */
  protected abstract alike(one: Draft, other: Draft): boolean;
  /** Whether an answer that says the same still brings something, such as a date. */
  protected readonly renews: boolean = false;
  /** Whether a table that the server has none of can be saved as it stands. */
  protected readonly begins: boolean = true;
  /** Contents of patients leave the page. */
  abstract hide(): void;

  readonly clash = $derived.by<Clash | null>(() => {
    const saving = this.state?.saving;
    if (saving === "overtaken" || saving === "refused") return saving;
    return this.#moved && this.dirty ? "moved" : null;
  });

  /** Whether *Save* saves: not while it would write over somebody's change unasked. */
  readonly canSave = $derived(
    this.mayEdit &&
      !this.busy &&
      (this.dirty || (this.begins && this.absent)) &&
      (this.clash === null || this.clash === "refused"),
  );

  /** Reads, and goes on reading whenever the table may have changed; the returned function ends it. */
  begin(): () => void {
    void this.refresh();
    return this.#queries.watch({ tags: ["tables"] }, () => void this.refresh());
  }

  async refresh(): Promise<void> {
    try {
      await this.#reading.ask(
        () => this.ask(),
        (answer) => {
          this.unread = null;
          this.#take(answer);
        },
      );
    } catch (thrown) {
      this.unread = failureOf(thrown);
    }
  }

  /** Saves; `over` is said by whoever knows that somebody else's change is written over. */
  async save(over = false): Promise<void> {
    const { answer, draft } = this;
    if (answer === null || draft === null || this.busy || !this.mayEdit) return;
    if (!over && !this.canSave) {
      if (this.clash !== null) this.wish = "table-clash";
      return;
    }
    this.#say(this.check(draft));
    if (this.problems.length > 0) return;
    await this.#work(async () => {
      const saved = await this.send(draft, answer.state.base);
      if (saved.kind === "wrong") {
        this.#say(
          saved.problems.map((row) => ({
            place: this.placeOf(row),
            text: wordedProblem(row),
            about: this.aboutOf(row),
          })),
        );
        return;
      }
      this.#reading.heard();
      this.#moved = false;
      this.loaded = draft;
      if (this.answer !== null) {
        this.answer = { ...this.answer, state: { ...this.answer.state, saving: "queued" } };
      }
      // The button that saved over theirs is gone.
      if (over) this.wish = "practice-title";
      await this.refresh();
    });
  }

  /** Back to what was loaded. */
  revert(): void {
    if (this.busy) return;
    this.#revert();
  }

  #revert(): void {
    this.draft = this.loaded;
    this.problems = [];
    this.#moved = false;
  }

  /** Theirs stands: what was overtaken or refused is forgotten, and so is what was changed here. */
  async giveUp(): Promise<void> {
    const { clash } = this;
    if (clash === null || this.busy) return;
    if (clash === "moved") {
      this.#revert();
      this.wish = "practice-title";
      return;
    }
    await this.#work(async () => {
      await this.backend.tableDiscard({ table: this.kind });
      this.#revert();
      await this.refresh();
      this.wish = "practice-title";
    });
  }

  /** The problems of a field. */
  problemsAt(place: string): readonly Problem[] {
    return this.problems.filter((problem) => problem.place === place);
  }

  /** Changes the draft; nothing while it cannot be edited. */
  protected change(to: (draft: Draft) => Draft): void {
    if (this.draft !== null && this.mayEdit) this.draft = to(this.draft);
  }

  /** Goes to a problem's field. */
  show(problem: Problem): void {
    this.wish = problem.place;
  }

  #say(problems: readonly Problem[]): void {
    this.problems = problems;
    const first = problems[0];
    if (first === undefined) return;
    if (first.place === null) this.wish = "table-problems";
    else this.show(first);
  }

  #take(answer: Answer): void {
    const draft = this.draftOf(answer);
    const { dirty } = this;
    const theirsChanged = this.loaded !== null && !this.alike(draft, this.loaded);
    this.answer = answer;
    if (!dirty || (this.draft !== null && this.alike(this.draft, draft))) {
      // The same again is no change: fields keep what they are, and the focus.
      if (this.draft === null || this.renews || !this.alike(this.draft, draft)) this.draft = draft;
      this.loaded = this.draft;
      this.#moved = false;
      return;
    }
    this.loaded = draft;
    if (theirsChanged) this.#moved = true;
  }

  async #work(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.failure = null;
    try {
      await work();
    } catch (thrown) {
      this.failure = failureOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}

/** The program's words, with the pattern that they are about. */
function wordedProblem({ pattern, problem }: RuleProblemRow): string {
  return pattern === "" ? problem : `${pattern}: ${problem}`;
}
