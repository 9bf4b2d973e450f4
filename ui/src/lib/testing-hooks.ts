/**
 * The stable names by which journeys in a real window find things (`data-testid`).
 *
 * Sparse on purpose: whatever has a role and a name is found by them. A hook is never renamed without the
 * journeys under `tests/`.
 *
 * | hook | is |
 * |---|---|
 * | `view-sign-in`, `view-inbox`, `view-lock`, `view-settings` | the four views; exactly one is in the page |
 * | `view-practice` | the practice's tables, in the place of the settings |
 * | `server`, `ca-file`, `sign-in`, `sample-practice` | sign-in: the fields and the two buttons |
 * | `sign-in-cancel`, `sign-in-page`, `sign-in-failure` | while the browser is open; why it failed |
 * | `rail-now`, `view-now` | the block's entry in the rail; its page (`data-running`) |
 * | `block-minutes`, `block-fits`, `block-begin` | before a block: the minutes, what fits, begin |
 * | `block-next`, `block-end`, `block-sum`, `block-nothing` | in it: another one, end, how far, nothing more |
 * | `rail-<queue>` | a queue of the rail: `rail-mine`, `rail-pool/<id>` |
 * | `list`, `envelope-<thread>`, `new-rows` | the list, a row (`aria-selected`), "3 new" |
 * | `search`, `hit-<thread>`, `only-patient` | the search field, a hit, narrowing by its patient |
 * | `pane` | the right pane; `data-state`: nothing, envelope, taking, taken, peeking, open |
 * | `start`, `peek`, `peek-end`, `taken` | before Start; who was first |
 * | `patient`, `claim`, `lost`, `wrote-again` | the head of a touch and its notices |
 * | `head-urgency` | in that head: urgency and due, where they are known |
 * | `message-<id>`, `delivery-<id>` | a message, its delivery (`data-delivery`) |
 * | `retry-<id>`, `edit-<id>`, `discard-<id>`, `send-anyway-<id>` | what fits a message that needs you |
 * | `composer`, `draft-state`, `send`, `close`, `put-back` | the reply and the outcomes |
 * | `may-reply` | why there is no composer: what the role may write |
 * | `put-back-reason`, `put-back-confirm` | the dialog of put back |
 * | `route`, `route-search`, `route-note` | where to: the dialog, finding, the note |
 * | `urgency`, `urgency-reason`, `call`, `call-number`, `call-note` | how urgent; call the patient |
 * | `marked`, `held-by`, `left` | how many rows are marked; who is at work on those that stayed; what stayed |
 * | `undo-bar`, `undo` | the seconds within which an outcome can be undone |
 * | `behind`, `behind-back` | a touch that is open behind the one on screen, and the way back to it |
 * | `status`, `banner` | the foot of the rail (`data-connection`), the banner (`data-kind`) |
 * | `set-aside`, `restored` | the old cache could not be opened: what cannot be read; what came back of one |
 * | `lock`, `settings`, `palette-open` | buttons of the rail |
 * | `palette`, `palette-input`, `keys` | command palette, cheat sheet |
 * | `pin`, `unlock`, `unlock-browser`, `unlock-cancel`, `unlock-failure`, `lock-wait` | the lock screen |
 * | `theme`, `language`, `undo-seconds`, `settings-close`, `quit` | settings |
 * | `old-pin`, `new-pin`, `new-pin-again`, `set-pin` | settings: the PIN |
 * | `table-open-<kind>`, `table-tab-<kind>` | settings: opens a table; its tab: triage, red-flags, calendar |
 * | `table-state` | how the table stands (`data-saving`: saved, queued, overtaken, refused; `data-changed`) |
 * | `table-save`, `table-undo`, `practice-close` | saves it; back to what was loaded; back to the inbox |
 * | `table-read-only`, `table-absent`, `table-problem` | why it cannot be changed; none on the server; what is wrong there |
 * | `table-clash`, `table-over`, `table-give-up` | overtaken, refused, moved (`data-clash`): mine over theirs; theirs |
 * | `table-wrong` | what keeps it from being saved |
 * | `turnaround-amount`, `turnaround-unit` | subject words: the time of every category that has none |
 * | `category-<code>`, `category-pool-<code>`, `category-turnaround-<code>`, `category-remove-<code>` | a category |
 * | `new-category`, `new-category-name`, `new-category-add` | which to add, its name where it is the practice's own |
 * | `words-<n>`, `words-category-<n>`, `words-text-<n>` | a row of words, by its place from 0 |
 * | `words-up-<n>`, `words-down-<n>`, `words-remove-<n>`, `words-add` | its buttons; another row |
 * | `triage-preview`, `red-flag-preview`, `preview-result` | what the last messages would become |
 * | `rule-search`, `rule-<id>` | red flags: finding; a rule of the list (`data-origin`, `data-off`, `data-edited`) |
 * | `rule-level`, `rule-patterns`, `rule-unless`, `rule-unless-anywhere`, `rule-note`, `rule-reviewed-by` | its fields |
 * | `rule-switch-off`, `rule-off-by`, `rule-off-reason`, `rule-off-confirm`, `rule-switch-on` | using it or not |
 * | `rule-judged`, `rules-false-alarms` | how often people lowered what a rule raised; only such rules |
 * | `rule-back`, `rule-stay`, `rule-remove` | Tern's own rule; the practice's after all; away with one of its own |
 * | `rule-new`, `rule-new-name`, `rule-new-category`, `rule-new-language`, `rule-new-add` | one of the practice's own |
 * | `unreviewed` | how many rules in use no clinician has reviewed |
 * | `zone`, `copy-monday` | office hours: the zone; Tuesday to Friday as Monday |
 * | `day-<n>`, `period-add-<n>` | a weekday from 0, Monday, and another period of it |
 * | `closure-add`, `closure-<n>`, `closures-past` | another closure; one by its place; those that are over |
 * | `sign-out`, `sign-out-confirm`, `sign-out-anyway` | settings: sign out, and its dialog |
 * | `quit-stay`, `quit-anyway` | the dialog of quitting with replies unsent |
 * | `tables-unsaved` | signing out would lose changes of the practice's tables |
 * | `stuck`, `stuck-retry`, `stuck-discard` | closing or putting back that the server refused |
 * | `away`, `away-row`, `away-end` | who is away: the dialog, a row (`data-now`, `data-saving`), its end |
 * | `away-edit`, `away-give-up`, `away-change` | to change a row, or give its change up; what is wanted instead |
 * | `away-absent`, `away-stand-in`, `away-endless`, `away-save` | its form |
 * | `away-said`, `away-despite` | what is wrong with the plan; saved all the same |
 * | `away-moved`, `away-over`, `away-theirs`, `away-as-new` | somebody else changed it meanwhile, and what then |
 * | `gap`, `away-unsaved`, `away-unread` | why nobody stands in; a plan not saved; absences that cannot be read |
 * | `digest`, `digest-<part>`, `digest-row-<thread>`, `digest-seen` | what became of one's work: needs-you, waiting, closed (`data-count`) |
 * | `emergency`, `emergency-line` | emergencies: the banner; a line of it (`data-told`: nobody, called, due, held, mine) |
 * | `emergency-have`, `emergency-open`, `emergency-said` | "I have it" or "Still mine"; to its thread; what came of it |
 * | `emergency-nowhere`, `emergency-set`, `emergency-unheard` | posted nowhere, the way to the table; could not be posted |
 * | `webhook`, `webhook-try`, `webhook-tried` | the practice's address for emergencies; tries it; what it said (`data-tried`) |
 * | `duty-row`, `duty-end`, `duty-give-up` | who is on duty (`data-now`, `data-saving`), its end, its change given up |
 * | `duty-who`, `duty-endless`, `duty-save`, `duty-said` | its form |
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
  tableOpen: (kind: string) => `table-open-${kind}`,
  tableTab: (kind: string) => `table-tab-${kind}`,
  category: (code: string) => `category-${code}`,
  categoryPool: (code: string) => `category-pool-${code}`,
  categoryTurnaround: (code: string) => `category-turnaround-${code}`,
  categoryRemove: (code: string) => `category-remove-${code}`,
  words: (place: number) => `words-${place}`,
  wordsCategory: (place: number) => `words-category-${place}`,
  wordsText: (place: number) => `words-text-${place}`,
  wordsUp: (place: number) => `words-up-${place}`,
  wordsDown: (place: number) => `words-down-${place}`,
  wordsRemove: (place: number) => `words-remove-${place}`,
  rule: (id: string) => `rule-${id}`,
  day: (day: number) => `day-${day}`,
  periodAdd: (day: number) => `period-add-${day}`,
  closure: (place: number) => `closure-${place}`,
  viewSignIn: "view-sign-in",
  viewInbox: "view-inbox",
  viewLock: "view-lock",
  viewSettings: "view-settings",
  viewPractice: "view-practice",
  viewNow: "view-now",
  railNow: "rail-now",
  blockMinutes: "block-minutes",
  blockFits: "block-fits",
  blockBegin: "block-begin",
  blockNext: "block-next",
  blockEnd: "block-end",
  blockSum: "block-sum",
  blockNothing: "block-nothing",
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
  headUrgency: "head-urgency",
  claim: "claim",
  lost: "lost",
  wroteAgain: "wrote-again",
  composer: "composer",
  mayReply: "may-reply",
  draftState: "draft-state",
  send: "send",
  close: "close",
  noteText: "note-text",
  noteWrite: "note-write",
  draftTake: "draft-take",
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
  behind: "behind",
  behindBack: "behind-back",
  status: "status",
  emergencies: "emergencies",
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
  tablesUnsaved: "tables-unsaved",
  railDocuments: "rail-documents",
  viewDocuments: "view-documents",
  documentRows: "document-rows",
  documentRow: (at: number) => `document-${at}`,
  documentsNone: "documents-none",
  documentPatient: "document-patient",
  documentPreview: "document-preview",
  documentImage: "document-image",
  documentRefused: "document-refused",
  documentTitle: "document-title",
  documentKind: "document-kind",
  documentDate: "document-date",
  documentFile: "document-file",
  documentNotNeeded: "document-not-needed",
  documentOvertaken: "document-overtaken",
  documentUnseenToo: "document-unseen-too",
  fileNeeded: (place: number) => `file-needed-${place}`,
  unfiled: "unfiled",
  practiceClose: "practice-close",
  tableState: "table-state",
  tableSave: "table-save",
  tableUndo: "table-undo",
  tableReadOnly: "table-read-only",
  tableAbsent: "table-absent",
  tableProblem: "table-problem",
  tableClash: "table-clash",
  tableOver: "table-over",
  tableGiveUp: "table-give-up",
  tableWrong: "table-wrong",
  turnaroundAmount: "turnaround-amount",
  turnaroundUnit: "turnaround-unit",
  categoryNew: "new-category",
  categoryName: "new-category-name",
  categoryAdd: "new-category-add",
  wordsAdd: "words-add",
  triagePreview: "triage-preview",
  redFlagPreview: "red-flag-preview",
  previewResult: "preview-result",
  ruleSearch: "rule-search",
  ruleLevel: "rule-level",
  rulePatterns: "rule-patterns",
  ruleUnless: "rule-unless",
  ruleUnlessAnywhere: "rule-unless-anywhere",
  ruleNote: "rule-note",
  ruleReviewedBy: "rule-reviewed-by",
  ruleSwitchOff: "rule-switch-off",
  ruleOffBy: "rule-off-by",
  ruleOffReason: "rule-off-reason",
  ruleOffConfirm: "rule-off-confirm",
  ruleSwitchOn: "rule-switch-on",
  ruleJudged: "rule-judged",
  rulesFalseAlarms: "rules-false-alarms",
  ruleBack: "rule-back",
  ruleStay: "rule-stay",
  ruleRemove: "rule-remove",
  ruleNew: "rule-new",
  ruleNewName: "rule-new-name",
  ruleNewCategory: "rule-new-category",
  ruleNewLanguage: "rule-new-language",
  ruleNewAdd: "rule-new-add",
  unreviewed: "unreviewed",
  zone: "zone",
  copyMonday: "copy-monday",
  closureAdd: "closure-add",
  closuresPast: "closures-past",
  away: "away",
  awayRow: "away-row",
  awayEnd: "away-end",
  awayAbsent: "away-absent",
  awayStandIn: "away-stand-in",
  awaySave: "away-save",
  awayDespite: "away-despite",
  awaySaid: "away-said",
  awayUnsaved: "away-unsaved",
  awayUnread: "away-unread",
  awayChange: "away-change",
  awayEdit: "away-edit",
  awayGiveUp: "away-give-up",
  awayEndless: "away-endless",
  awayMoved: "away-moved",
  awayOver: "away-over",
  awayTheirs: "away-theirs",
  awayAsNew: "away-as-new",
  gap: "gap",
  emergency: "emergency",
  emergencyLine: "emergency-line",
  emergencyHave: "emergency-have",
  emergencyOpen: "emergency-open",
  emergencySaid: "emergency-said",
  emergencyNowhere: "emergency-nowhere",
  emergencySet: "emergency-set",
  emergencyUnheard: "emergency-unheard",
  webhook: "webhook",
  webhookTry: "webhook-try",
  webhookTried: "webhook-tried",
  dutyRow: "duty-row",
  dutyEnd: "duty-end",
  dutyGiveUp: "duty-give-up",
  dutyWho: "duty-who",
  dutyEndless: "duty-endless",
  dutySave: "duty-save",
  dutySaid: "duty-said",
  digest: "digest",
  digestPart: (part: string) => `digest-${part}`,
  digestSeen: "digest-seen",
  digestRow: (thread: string) => `digest-row-${thread}`,
  notice: "notice",
} as const;
