/**
 * All that the screen knows of the program behind it: one method per operation, and its events.
 *
 * Two implementations: `tauri.ts` (the program) and `testing/memory.ts` (scripted, for tests and for looking at
 * screens in a browser). Every method fails with an {@link ApiError} and nothing else; `failureOf` makes one of
 * whatever was thrown.
 */
import type { ApiError } from "$bindings/ApiError";
import type { AwayDigest } from "$bindings/AwayDigest";
import type { AwayEndRequest } from "$bindings/AwayEndRequest";
import type { AwayList } from "$bindings/AwayList";
import type { AwaySaved } from "$bindings/AwaySaved";
import type { AwaySaveRequest } from "$bindings/AwaySaveRequest";
import type { BlockOffers } from "$bindings/BlockOffers";
import type { BlockRequest } from "$bindings/BlockRequest";
import type { Changed } from "$bindings/Changed";
import type { Decided } from "$bindings/Decided";
import type { DecideRequest } from "$bindings/DecideRequest";
import type { Destinations } from "$bindings/Destinations";
import type { DigestDismissRequest } from "$bindings/DigestDismissRequest";
import type { DocumentFileRequest } from "$bindings/DocumentFileRequest";
import type { DocumentPage } from "$bindings/DocumentPage";
import type { DocumentPreview } from "$bindings/DocumentPreview";
import type { DocumentRequest } from "$bindings/DocumentRequest";
import type { DocumentsRequest } from "$bindings/DocumentsRequest";
import type { DraftSaveRequest } from "$bindings/DraftSaveRequest";
import type { DutyEndRequest } from "$bindings/DutyEndRequest";
import type { DutyList } from "$bindings/DutyList";
import type { DutySaved } from "$bindings/DutySaved";
import type { DutySaveRequest } from "$bindings/DutySaveRequest";
import type { EmergencyBoard } from "$bindings/EmergencyBoard";
import type { EmergencyContent } from "$bindings/EmergencyContent";
import type { EmergencyRequest } from "$bindings/EmergencyRequest";
import type { EmergencySaveRequest } from "$bindings/EmergencySaveRequest";
import type { EmergencyTable } from "$bindings/EmergencyTable";
import type { EmergencyTaken } from "$bindings/EmergencyTaken";
import type { Ended } from "$bindings/Ended";
import type { EnvelopePage } from "$bindings/EnvelopePage";
import type { EnvelopesRequest } from "$bindings/EnvelopesRequest";
import type { HandOnRequest } from "$bindings/HandOnRequest";
import type { HoursSaveRequest } from "$bindings/HoursSaveRequest";
import type { HoursTable } from "$bindings/HoursTable";
import type { MessageRequest } from "$bindings/MessageRequest";
import type { NoteWriteRequest } from "$bindings/NoteWriteRequest";
import type { PinRequest } from "$bindings/PinRequest";
import type { PutBackRequest } from "$bindings/PutBackRequest";
import type { QuitRequest } from "$bindings/QuitRequest";
import type { QuitResult } from "$bindings/QuitResult";
import type { Rail } from "$bindings/Rail";
import type { RedFlagPreview } from "$bindings/RedFlagPreview";
import type { RedFlagSaveRequest } from "$bindings/RedFlagSaveRequest";
import type { RedFlagTable } from "$bindings/RedFlagTable";
import type { ReplyRequest } from "$bindings/ReplyRequest";
import type { SearchRequest } from "$bindings/SearchRequest";
import type { SearchResults } from "$bindings/SearchResults";
import type { ServerFact } from "$bindings/ServerFact";
import type { Session } from "$bindings/Session";
import type { SetPinRequest } from "$bindings/SetPinRequest";
import type { SetPinResult } from "$bindings/SetPinResult";
import type { Settings } from "$bindings/Settings";
import type { SignInRequest } from "$bindings/SignInRequest";
import type { SignOutRequest } from "$bindings/SignOutRequest";
import type { SignOutResult } from "$bindings/SignOutResult";
import type { StartResult } from "$bindings/StartResult";
import type { Status } from "$bindings/Status";
import type { TableDiscardRequest } from "$bindings/TableDiscardRequest";
import type { TableSaved } from "$bindings/TableSaved";
import type { ThreadItemsRequest } from "$bindings/ThreadItemsRequest";
import type { ThreadRequest } from "$bindings/ThreadRequest";
import type { TouchView } from "$bindings/TouchView";
import type { TriageContent } from "$bindings/TriageContent";
import type { TriagePreview } from "$bindings/TriagePreview";
import type { TriageSaveRequest } from "$bindings/TriageSaveRequest";
import type { TriageTable } from "$bindings/TriageTable";
import type { Undone } from "$bindings/Undone";
import type { UndoRequest } from "$bindings/UndoRequest";
import type { UnlockResult } from "$bindings/UnlockResult";
import type { WebhookTried } from "$bindings/WebhookTried";

/** What the program tells without being asked, by name. */
export interface BackendEvents {
  /** Where the person stands has changed. */
  session: Session;
  /** Something on screen may be old. */
  changed: Changed;
  /** How the engine stands has changed. */
  status: Status;
  /** A notification was opened: show this thread's envelope. */
  "open-thread": ThreadRequest;
  /** *Quit* in the tray's menu. */
  quit: null;
  /** Contents must leave the page now. */
  lock: null;
}

/** Stops listening. */
export type Unlisten = () => void;

export interface Backend {
  session(): Promise<Session>;
  /** Progress comes by the event `session`. */
  signIn(request: SignInRequest): Promise<void>;
  signInCancel(): Promise<void>;
  /** Opens the sign-in page in the browser again. */
  signInPageOpen(): Promise<void>;
  trySamplePractice(): Promise<void>;
  signOut(request: SignOutRequest): Promise<SignOutResult>;
  lockScreen(): Promise<void>;
  unlock(request: PinRequest): Promise<UnlockResult>;
  unlockByBrowser(): Promise<void>;
  /** Only while signed in and unlocked. */
  setPin(request: SetPinRequest): Promise<SetPinResult>;

  rail(): Promise<Rail>;
  envelopes(request: EnvelopesRequest): Promise<EnvelopePage>;
  /** What fits into the minutes that are left. */
  blockOffers(request: BlockRequest): Promise<BlockOffers>;
  search(request: SearchRequest): Promise<SearchResults>;

  touchStart(request: ThreadRequest): Promise<StartResult>;
  /** Only of a started or peeked thread. */
  touchView(request: ThreadRequest): Promise<TouchView>;
  peek(request: ThreadRequest): Promise<TouchView>;
  peekEnd(request: ThreadRequest): Promise<void>;
  /** What was open when the window was reloaded or unlocked. */
  touchCurrent(): Promise<TouchView | null>;
  draftSave(request: DraftSaveRequest): Promise<void>;
  /** Keeps the words of a note while it is written. */
  noteKeep(request: NoteWriteRequest): Promise<void>;
  /** Says something inside the practice about a thread that is open. */
  noteWrite(request: NoteWriteRequest): Promise<void>;
  replySend(request: ReplyRequest): Promise<Ended>;
  /** Close, no reply needed. */
  touchClose(request: ThreadItemsRequest): Promise<Ended>;
  touchPutBack(request: PutBackRequest): Promise<Ended>;
  /** Route, call, visit wanted. */
  touchHandOn(request: HandOnRequest): Promise<Ended>;
  destinations(): Promise<Destinations>;
  /** A decision on envelopes of the list, not a touch. */
  decide(request: DecideRequest): Promise<Decided>;
  undo(request: UndoRequest): Promise<Undone>;

  messageRetry(request: MessageRequest): Promise<void>;
  /** Back into the composer as a draft, with the touch started again. */
  messageEdit(request: MessageRequest): Promise<ThreadRequest>;
  messageDiscard(request: MessageRequest): Promise<void>;
  /** Only where somebody answered since, or the claim was lost. */
  messageSendAnyway(request: MessageRequest): Promise<void>;

  /** Tries again to close, or put back, what the server refused. */
  stuckRetry(request: ThreadRequest): Promise<void>;
  /** Leaves the item as the server has it. */
  stuckDiscard(request: ThreadRequest): Promise<void>;

  /** Files that patients sent and nobody has filed, the oldest first. */
  documents(request: DocumentsRequest): Promise<DocumentPage>;
  /** Fetches one from the server and says what it is; a refusal is an answer. */
  documentOpen(request: DocumentRequest): Promise<DocumentPreview>;
  /** Of the file that was opened last. */
  documentBytes(request: DocumentRequest): Promise<ArrayBuffer>;
  documentClose(): Promise<void>;
  /** What was opened last goes to the chart of the message's patient. */
  documentFile(request: DocumentFileRequest): Promise<Ended>;
  documentNotNeeded(request: DocumentRequest): Promise<void>;
  documentNeeded(request: DocumentRequest): Promise<void>;
  /** What the server refused to file: again. */
  documentRetry(request: DocumentRequest): Promise<void>;
  documentGiveUp(request: DocumentRequest): Promise<void>;

  // The practice's tables. A member who may not edit one may read it, unless the operation says `not-allowed`.
  triageTable(): Promise<TriageTable>;
  triageSave(request: TriageSaveRequest): Promise<TableSaved>;
  /** What the last messages would become; nothing is saved. */
  triagePreview(content: TriageContent): Promise<TriagePreview>;
  redFlagTable(): Promise<RedFlagTable>;
  redFlagSave(request: RedFlagSaveRequest): Promise<TableSaved>;
  redFlagPreview(request: RedFlagSaveRequest): Promise<RedFlagPreview>;
  hoursTable(): Promise<HoursTable>;
  hoursSave(request: HoursSaveRequest): Promise<TableSaved>;
  /** Gives up the member's change that was overtaken or refused. */
  tableDiscard(request: TableDiscardRequest): Promise<void>;

  /** Who is away and who stands in. */
  away(): Promise<AwayList>;
  awaySave(request: AwaySaveRequest): Promise<AwaySaved>;
  awayEnd(request: AwayEndRequest): Promise<void>;
  /** What became of the member's work while they were away; none once they have seen it. */
  digest(): Promise<AwayDigest | null>;
  digestDismiss(request: DigestDismissRequest): Promise<void>;

  /** What waits of emergencies that the member sees, and who is called for them. */
  emergencies(): Promise<EmergencyBoard>;
  /** "I have it": waits for the server. */
  emergencyHave(request: EmergencyRequest): Promise<EmergencyTaken>;
  emergencyTable(): Promise<EmergencyTable>;
  emergencySave(request: EmergencySaveRequest): Promise<TableSaved>;
  /** Posts a page that calls nobody. */
  webhookTry(content: EmergencyContent): Promise<WebhookTried>;
  /** Who is on duty, now and later. */
  duty(): Promise<DutyList>;
  dutySave(request: DutySaveRequest): Promise<DutySaved>;
  dutyEnd(request: DutyEndRequest): Promise<void>;

  status(): Promise<Status>;
  syncNow(): Promise<void>;
  /** A key or the pointer moved; at most every five seconds. */
  activity(): Promise<void>;
  settings(): Promise<Settings>;
  /** Answers with what was kept: out-of-range numbers are clamped. */
  settingsSave(settings: Settings): Promise<Settings>;
  serverFacts(): Promise<ServerFact[]>;
  /** Ends the program, unless replies would stay behind and the person did not say that they may. */
  quit(request: QuitRequest): Promise<QuitResult>;
  /** Something is asked before quitting: the window comes forward, and nothing ends without an answer. */
  quitAsks(): Promise<void>;

  on<E extends keyof BackendEvents>(
    event: E,
    handler: (payload: BackendEvents[E]) => void,
  ): Promise<Unlisten>;
}

/** Whatever was thrown, as the one shape of failure. */
export function failureOf(thrown: unknown): ApiError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) return thrown as ApiError;
  return { code: "internal", detail: thrown instanceof Error ? thrown.name : null };
}
