/**
 * Files that wait to be filed, the one that is looked at, and what is said of it.
 *
 * The bytes of one file are in the page at a time, behind an object URL that is given back as soon as another is
 * looked at. What it is was told from its bytes by the program: the type of the URL is from that short list, never
 * the sender's.
 */
import type { ApiError } from "$bindings/ApiError";
import type { DocumentKind } from "$bindings/DocumentKind";
import type { DocumentPage } from "$bindings/DocumentPage";
import type { DocumentPreview } from "$bindings/DocumentPreview";
import type { DocumentRow } from "$bindings/DocumentRow";
import type { FileRef } from "$bindings/FileRef";
import type { UndoStack } from "$components/touch/undo.svelte";
import { type Backend, failureOf } from "$lib/backend/backend";
import { isoDate } from "$lib/i18n/time";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";
import { plainName } from "$lib/text/plain";

/** In the order in which they are offered. */
export const DOCUMENT_KINDS: readonly DocumentKind[] = [
  "photo",
  "lab-report",
  "imaging-report",
  "letter",
  "referral",
  "form",
  "insurance",
  "other",
];

/** Rows asked for at once: whoever has more than that waiting needs the oldest. */
const WINDOW = 200;

/** Characters of a title at most. */
export const LONGEST_TITLE = 200;

/** What the page can show. */
const SHOWN: readonly string[] = ["image", "audio", "video"];

/** One name for a file, for keys of lists. */
export function fileKey(file: FileRef): string {
  return `${file.message} ${file.place}`;
}

/** A title as a start: the sender's, without the ending that says nothing to a chart; else what they wrote about. */
export function titleOf(row: Pick<DocumentRow, "title" | "subjectLine">): string {
  const name = plainName(row.title).replace(/\.[a-z0-9]{2,5}$/iu, "") || plainName(row.subjectLine);
  return [...name].slice(0, LONGEST_TITLE).join("");
}

interface Parts {
  backend: Backend;
  queries: LiveQueries;
  undo: UndoStack;
  now: () => number;
  undoSeconds: () => number;
  fail: (thrown: unknown) => void;
}

export class Documents {
  readonly page: LiveQuery<DocumentPage>;
  /** Which row is looked at. */
  row = $state.raw<DocumentRow | null>(null);
  preview = $state.raw<DocumentPreview | null>(null);
  /** Its bytes, for an image, a sound or a film. */
  url = $state.raw<string | null>(null);
  /** The page could make nothing of its bytes. */
  broken = $state(false);
  /** What cannot be shown here is filed only by somebody who says so. */
  unseenToo = $state(false);
  /** On its way from the server. */
  fetching = $state(false);
  busy = $state(false);
  failure = $state.raw<ApiError | null>(null);

  title = $state("");
  kind = $state<DocumentKind>("other");
  date = $state("");

  #parts: Parts;
  /** Which look is the latest: an answer to another one is thrown away. */
  #look = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.page = new LiveQuery(parts.queries, { tags: ["documents"] }, () =>
      parts.backend.documents({ offset: 0, limit: WINDOW }),
    );
  }

  get rows(): readonly DocumentRow[] {
    return this.page.data?.rows ?? [];
  }

  /** It can be filed, and nobody has seen it: pages of paper, and pictures that the page cannot draw. */
  get isUnseen(): boolean {
    return this.preview?.kind === "ready" && (this.broken || !SHOWN.includes(this.preview.form));
  }

  /** The row as it is now says something else than the one that is looked at: another chart, another file, or none. */
  get isOvertaken(): boolean {
    const { row } = this;
    const { data } = this.page;
    if (row === null || data === null || this.busy) return false;
    const now = data.rows.find(({ file }) => fileKey(file) === fileKey(row.file));
    if (now === undefined) return data.total <= data.rows.length;
    const whose = ({ chart, thread, patient, birthDate, recordNumber, stuck, retracted }: DocumentRow) =>
      JSON.stringify([chart, thread, patient, birthDate, recordNumber, stuck, retracted]);
    return whose(now) !== whose(row) || now.title !== row.title || now.size !== row.size;
  }

  get canFile(): boolean {
    const done = this.row?.stuck === true || this.row?.retracted === true;
    const wrong = this.busy || this.fetching || this.preview?.kind !== "ready" || done;
    const seen = !this.isUnseen || this.unseenToo;
    return !wrong && seen && !this.isOvertaken && this.title.trim() !== "" && this.date !== "";
  }

  get canDismiss(): boolean {
    const wrong = this.busy || this.fetching || this.isOvertaken;
    return this.row !== null && this.row.mayFile && !wrong && !this.row.stuck && !this.row.retracted;
  }

  /** Looks at the row as it is now. */
  lookAgain(): void {
    const { row } = this;
    const now = row === null ? undefined : this.rows.find(({ file }) => fileKey(file) === fileKey(row.file));
    if (now === undefined) this.close();
    else void this.open(now);
  }

  begin(): () => void {
    void this.page.refresh();
    return () => {
      this.page.end();
      this.close();
    };
  }

  /** Fetches a file and shows it. */
  async open(row: DocumentRow): Promise<void> {
    const look = ++this.#look;
    this.#forget();
    this.row = row;
    this.title = titleOf(row);
    this.kind = "other";
    this.date = isoDate(row.sent);
    if (!row.mayFile) return;
    this.fetching = true;
    const { backend } = this.#parts;
    try {
      const preview = await backend.documentOpen({ file: row.file });
      if (look !== this.#look) return;
      const shown = preview.kind === "ready" && SHOWN.includes(preview.form);
      const bytes = shown ? await backend.documentBytes({ file: row.file }) : null;
      if (look !== this.#look) return;
      this.preview = preview;
      // A start, unless somebody said meanwhile what it is.
      if (preview.kind === "ready" && preview.form === "image" && this.kind === "other") this.kind = "photo";
      if (bytes !== null && preview.kind === "ready")
        this.url = URL.createObjectURL(new Blob([bytes], { type: preview.mediaType }));
    } catch (thrown) {
      if (look === this.#look) this.failure = failureOf(thrown);
    }
    if (look === this.#look) this.fetching = false;
  }

  /** The one before or after; the first where none is looked at. */
  move(by: 1 | -1): void {
    const at = this.row === null ? -1 : this.#placeOf(this.row);
    const next = this.rows[Math.max(0, Math.min(this.rows.length - 1, at + by))];
    if (next !== undefined && (this.row === null || fileKey(next.file) !== fileKey(this.row.file)))
      void this.open(next);
  }

  async file(): Promise<void> {
    const { row } = this;
    if (row === null || !this.canFile) return;
    const title = this.title.trim();
    const unseen = this.isUnseen;
    await this.#decide(async () => {
      const request = {
        file: row.file,
        chart: row.chart,
        title,
        document: this.kind,
        date: this.date,
        unseen,
      };
      const ended = await this.#parts.backend.documentFile(request);
      this.#parts.undo.add(ended, { outcome: "filed", name: row.patient, what: title, rows: 1, touch: null });
    });
  }

  async notNeeded(): Promise<void> {
    const { row } = this;
    if (row === null || !this.canDismiss) return;
    const { backend, undo, now, undoSeconds } = this.#parts;
    await this.#decide(async () => {
      await backend.documentNotNeeded({ file: row.file });
      const ended = { undo: `needed ${fileKey(row.file)}`, undoUntil: now() + undoSeconds() * 1000 };
      // It is this machine's own word: there is nothing to call back.
      const takeBack = async () => {
        await backend.documentNeeded({ file: row.file });
        return { threads: [] };
      };
      const done = {
        outcome: "not-needed" as const,
        name: row.patient,
        what: titleOf(row),
        rows: 1,
        touch: null,
      };
      undo.add(ended, { ...done, takeBack });
    });
  }

  /** What the server refused: again, or given up. */
  async again(row: DocumentRow, way: "retry" | "give-up"): Promise<void> {
    const { backend } = this.#parts;
    const request = { file: row.file };
    try {
      await (way === "retry" ? backend.documentRetry(request) : backend.documentGiveUp(request));
      if (this.row !== null && fileKey(this.row.file) === fileKey(row.file)) this.close();
    } catch (thrown) {
      this.#parts.fail(thrown);
    }
  }

  /** None is looked at any more. */
  close(): void {
    this.#look += 1;
    const open = this.row !== null;
    this.#forget();
    this.row = null;
    if (open) void this.#parts.backend.documentClose().catch(() => {});
  }

  async #decide(decide: () => Promise<void>): Promise<void> {
    // Judged by what is open now: the reader may be at another file when the answer comes.
    const look = this.#look;
    const at = this.row === null ? -1 : this.#placeOf(this.row);
    const next = this.rows[at + 1] ?? this.rows[at - 1];
    this.busy = true;
    this.failure = null;
    try {
      await decide();
      if (look === this.#look) {
        this.close();
        // The hand goes on to the next one.
        if (next !== undefined) void this.open(next);
      }
    } catch (thrown) {
      if (look === this.#look) this.failure = failureOf(thrown);
      else this.#parts.fail(thrown);
    }
    this.busy = false;
  }

  #placeOf(row: DocumentRow): number {
    return this.rows.findIndex(({ file }) => fileKey(file) === fileKey(row.file));
  }

  #forget(): void {
    if (this.url !== null) URL.revokeObjectURL(this.url);
    this.url = null;
    this.preview = null;
    this.broken = false;
    this.unseenToo = false;
    this.failure = null;
    this.fetching = false;
  }
}
