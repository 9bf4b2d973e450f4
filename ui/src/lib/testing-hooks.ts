/**
 * The stable names by which journeys in a real window find things (`data-testid`).
 *
 * Sparse on purpose: whatever has a role and a name is found by them. A hook is never renamed without the
 * journeys under `tests/`.
 *
 * | hook | is |
 * |---|---|
 * | `view-sign-in`, `view-inbox`, `view-lock`, `view-settings` | the four views; exactly one is in the page |
 * | `server`, `ca-file`, `sign-in`, `sample-practice` | sign-in: the fields and the two buttons |
 * | `sign-in-cancel`, `sign-in-page`, `sign-in-failure` | while the browser is open; why it failed |
 * | `rail-<queue>` | a queue of the rail: `rail-mine`, `rail-pool/<id>` |
 * | `list`, `envelope-<thread>`, `new-rows` | the list, a row (`aria-selected`), "3 new" |
 * | `search`, `hit-<thread>`, `only-patient` | the search field, a hit, narrowing by its patient |
 * | `pane` | the right pane; `data-state`: nothing, envelope, taking, taken, peeking, open |
 * | `start`, `peek`, `peek-end`, `taken` | before Start; who was first |
 * | `patient`, `claim`, `lost`, `wrote-again` | the head of a touch and its notices |
 * | `message-<id>`, `delivery-<id>` | a message, its delivery (`data-delivery`) |
 * | `retry-<id>`, `edit-<id>`, `discard-<id>`, `send-anyway-<id>` | what fits a message that needs you |
 * | `composer`, `draft-state`, `send`, `close`, `put-back` | the reply and the outcomes |
 * | `may-reply` | why there is no composer: what the role may write |
 * | `put-back-reason`, `put-back-confirm` | the dialog of put back |
 * | `route`, `route-search`, `route-note` | where to: the dialog, finding, the note |
 * | `urgency`, `urgency-reason`, `call`, `call-number`, `call-note` | how urgent; call the patient |
 * | `marked`, `held-by`, `left` | how many rows are marked; who is at work on those that stayed; what stayed |
 * | `undo-bar`, `undo` | the seconds within which an outcome can be undone |
 * | `status`, `banner` | the foot of the rail (`data-connection`), the banner (`data-kind`) |
 * | `set-aside`, `restored` | the old cache could not be opened: what cannot be read; what came back of one |
 * | `lock`, `settings`, `palette-open` | buttons of the rail |
 * | `palette`, `palette-input`, `keys` | command palette, cheat sheet |
 * | `pin`, `unlock`, `unlock-browser`, `unlock-cancel`, `unlock-failure`, `lock-wait` | the lock screen |
 * | `theme`, `language`, `undo-seconds`, `settings-close`, `quit` | settings |
 * | `old-pin`, `new-pin`, `new-pin-again`, `set-pin` | settings: the PIN |
 * | `sign-out`, `sign-out-confirm`, `sign-out-anyway` | settings: sign out, and its dialog |
 * | `quit-stay`, `quit-anyway` | the dialog of quitting with replies unsent |
 * | `stuck`, `stuck-retry`, `stuck-discard` | closing or putting back that the server refused |
 * | `notice` | what concerns the whole window |
 */
export const hook = {
  rail: (queue: string) => `rail-${queue}`,
  envelope: (thread: string) => `envelope-${thread}`,
  hit: (thread: string) => `hit-${thread}`,
  message: (id: string) => `message-${id}`,
  delivery: (id: string) => `delivery-${id}`,
  retry: (id: string) => `retry-${id}`,
  edit: (id: string) => `edit-${id}`,
  discard: (id: string) => `discard-${id}`,
  sendAnyway: (id: string) => `send-anyway-${id}`,
  viewSignIn: "view-sign-in",
  viewInbox: "view-inbox",
  viewLock: "view-lock",
  viewSettings: "view-settings",
  server: "server",
  caFile: "ca-file",
  signIn: "sign-in",
  samplePractice: "sample-practice",
  signInCancel: "sign-in-cancel",
  signInPage: "sign-in-page",
  signInFailure: "sign-in-failure",
  list: "list",
  newRows: "new-rows",
  search: "search",
  onlyPatient: "only-patient",
  pane: "pane",
  start: "start",
  peek: "peek",
  peekEnd: "peek-end",
  taken: "taken",
  patient: "patient",
  claim: "claim",
  lost: "lost",
  wroteAgain: "wrote-again",
  composer: "composer",
  mayReply: "may-reply",
  draftState: "draft-state",
  send: "send",
  close: "close",
  putBack: "put-back",
  putBackReason: "put-back-reason",
  putBackConfirm: "put-back-confirm",
  route: "route",
  routeSearch: "route-search",
  routeNote: "route-note",
  urgency: "urgency",
  urgencyReason: "urgency-reason",
  call: "call",
  callNumber: "call-number",
  callNote: "call-note",
  marked: "marked",
  heldBy: "held-by",
  left: "left",
  undoBar: "undo-bar",
  undo: "undo",
  status: "status",
  banner: "banner",
  setAside: "set-aside",
  restored: "restored",
  lock: "lock",
  settings: "settings",
  paletteOpen: "palette-open",
  palette: "palette",
  paletteInput: "palette-input",
  keys: "keys",
  pin: "pin",
  unlock: "unlock",
  unlockBrowser: "unlock-browser",
  unlockCancel: "unlock-cancel",
  unlockFailure: "unlock-failure",
  lockWait: "lock-wait",
  theme: "theme",
  language: "language",
  undoSeconds: "undo-seconds",
  settingsClose: "settings-close",
  quit: "quit",
  oldPin: "old-pin",
  newPin: "new-pin",
  newPinAgain: "new-pin-again",
  setPin: "set-pin",
  signOut: "sign-out",
  signOutConfirm: "sign-out-confirm",
  signOutAnyway: "sign-out-anyway",
  stuck: "stuck",
  stuckRetry: "stuck-retry",
  stuckDiscard: "stuck-discard",
  quitAnyway: "quit-anyway",
  quitStay: "quit-stay",
  notice: "notice",
} as const;
