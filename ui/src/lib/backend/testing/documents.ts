/** The files of the scripted practice: what waits, and what each of them is once somebody looks. */
import type { DocumentFileRequest } from "$bindings/DocumentFileRequest";
import type { DocumentPage } from "$bindings/DocumentPage";
import type { DocumentPreview } from "$bindings/DocumentPreview";
import type { DocumentRequest } from "$bindings/DocumentRequest";
import type { DocumentRow } from "$bindings/DocumentRow";
import type { Ended } from "$bindings/Ended";
import type { MessageRow } from "$bindings/MessageRow";
import { MemoryTables } from "./tables";

export abstract class MemoryDocuments extends MemoryTables {
  files: DocumentRow[] = [];
  /** What a file is, by its message; a small picture where nothing is said. */
  looks = new Map<string, DocumentPreview>();
  /** Files of messages, as `message place`, that the chart does without. */
  dismissed = new Set<string>();
  #filed = new Map<string, DocumentRow>();
  #ids = 0;

  async documents(request: { offset: number; limit: number }): Promise<DocumentPage> {
    const rows = this.files.slice(request.offset, request.offset + request.limit);
    return this.did("documents", request, { total: this.files.length, rows });
  }
  async documentOpen(request: DocumentRequest): Promise<DocumentPreview> {
    const picture = { form: "image" as const, mediaType: "image/png", size: 68, width: 4, height: 4 };
    return this.did(
      "documentOpen",
      request,
      this.looks.get(request.file.message) ?? { kind: "ready", ...picture },
    );
  }
  async documentBytes(request: DocumentRequest): Promise<ArrayBuffer> {
    return this.did("documentBytes", request, new ArrayBuffer(68));
  }
  async documentClose(): Promise<void> {
    this.did("documentClose", null, undefined);
  }
  async documentFile(request: DocumentFileRequest): Promise<Ended> {
    this.did("documentFile", request, undefined);
    const undo = `document-${++this.#ids}`;
    this.#filed.set(undo, this.#take(request));
    return { undo, undoUntil: this.now() + 10_000 };
  }
  async documentNotNeeded(request: DocumentRequest): Promise<void> {
    this.did("documentNotNeeded", request, undefined);
    this.#filed.set(`${request.file.message} ${request.file.place}`, this.#take(request));
  }
  async documentNeeded(request: DocumentRequest): Promise<void> {
    this.did("documentNeeded", request, undefined);
    this.bringBackDocument(`${request.file.message} ${request.file.place}`);
  }
  async documentRetry(request: DocumentRequest): Promise<void> {
    this.did("documentRetry", request, undefined);
    this.#take(request);
  }
  async documentGiveUp(request: DocumentRequest): Promise<void> {
    this.did("documentGiveUp", request, undefined);
    this.files = this.files.map((row) => ({ ...row, stuck: false }));
    this.changed(["documents", "rail"]);
  }

  /** What was filed is taken back; false where it was something else. */
  bringBackDocument(undo: string): boolean {
    const row = this.#filed.get(undo);
    if (row === undefined) return false;
    this.#filed.delete(undo);
    this.files = [...this.files, row].sort((one, other) => one.sent - other.sent);
    this.changed(["documents", "rail"]);
    return true;
  }

  protected withFilings(messages: MessageRow[]): MessageRow[] {
    return messages.map((message) => ({
      ...message,
      attachments: message.attachments.map((file, place) =>
        this.dismissed.has(`${message.id} ${place}`) ? { ...file, filing: "not-needed" } : file,
      ),
    }));
  }

  protected documentCount(): { count: number; oldest: number | null } {
    return { count: this.files.length, oldest: this.files[0]?.sent ?? null };
  }

  #take(request: DocumentRequest): DocumentRow {
    const is = ({ file }: DocumentRow) =>
      file.message === request.file.message && file.place === request.file.place;
    const row = this.files.find(is);
    if (row === undefined) throw this.error("not-found");
    this.files = this.files.filter((other) => !is(other));
    this.changed(["documents", "rail"]);
    return row;
  }
}
