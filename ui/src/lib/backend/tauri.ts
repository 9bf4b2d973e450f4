/**
 * The program itself. The only file that knows Tauri: a command is an operation's name in snake_case, its
 * argument one object named `request`.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Backend } from "./backend";

export const tauri: Backend = {
  session: () => invoke("session"),
  signIn: (request) => invoke("sign_in", { request }),
  signInCancel: () => invoke("sign_in_cancel"),
  signInPageOpen: () => invoke("sign_in_page_open"),
  trySamplePractice: () => invoke("try_sample_practice"),
  signOut: (request) => invoke("sign_out", { request }),
  lockScreen: () => invoke("lock_screen"),
  unlock: (request) => invoke("unlock", { request }),
  unlockByBrowser: () => invoke("unlock_by_browser"),
  setPin: (request) => invoke("set_pin", { request }),

  rail: () => invoke("rail"),
  envelopes: (request) => invoke("envelopes", { request }),
  blockOffers: (request) => invoke("block_offers", { request }),
  search: (request) => invoke("search", { request }),

  touchStart: (request) => invoke("touch_start", { request }),
  touchView: (request) => invoke("touch_view", { request }),
  peek: (request) => invoke("peek", { request }),
  peekEnd: (request) => invoke("peek_end", { request }),
  touchCurrent: () => invoke("touch_current"),
  draftSave: (request) => invoke("draft_save", { request }),
  replySend: (request) => invoke("reply_send", { request }),
  touchClose: (request) => invoke("touch_close", { request }),
  touchPutBack: (request) => invoke("touch_put_back", { request }),
  noteKeep: (request) => invoke("note_keep", { request }),
  noteWrite: (request) => invoke("note_write", { request }),
  touchHandOn: (request) => invoke("touch_hand_on", { request }),
  destinations: () => invoke("destinations"),
  decide: (request) => invoke("decide", { request }),
  undo: (request) => invoke("undo", { request }),

  messageRetry: (request) => invoke("message_retry", { request }),
  messageEdit: (request) => invoke("message_edit", { request }),
  messageDiscard: (request) => invoke("message_discard", { request }),
  messageSendAnyway: (request) => invoke("message_send_anyway", { request }),

  stuckRetry: (request) => invoke("stuck_retry", { request }),
  stuckDiscard: (request) => invoke("stuck_discard", { request }),

  documents: (request) => invoke("documents", { request }),
  documentOpen: (request) => invoke("document_open", { request }),
  documentBytes: (request) => invoke("document_bytes", { request }),
  documentClose: () => invoke("document_close"),
  documentFile: (request) => invoke("document_file", { request }),
  documentNotNeeded: (request) => invoke("document_not_needed", { request }),
  documentNeeded: (request) => invoke("document_needed", { request }),
  documentRetry: (request) => invoke("document_retry", { request }),
  documentGiveUp: (request) => invoke("document_give_up", { request }),

  triageTable: () => invoke("triage_table"),
  triageSave: (request) => invoke("triage_save", { request }),
  triagePreview: (content) => invoke("triage_preview", { request: content }),
  redFlagTable: () => invoke("red_flag_table"),
  redFlagSave: (request) => invoke("red_flag_save", { request }),
  redFlagPreview: (request) => invoke("red_flag_preview", { request }),
  hoursTable: () => invoke("hours_table"),
  hoursSave: (request) => invoke("hours_save", { request }),
  tableDiscard: (request) => invoke("table_discard", { request }),

  away: () => invoke("away"),
  awaySave: (request) => invoke("away_save", { request }),
  awayEnd: (request) => invoke("away_end", { request }),
  digest: () => invoke("digest"),
  digestDismiss: (request) => invoke("digest_dismiss", { request }),

  emergencies: () => invoke("emergencies"),
  emergencyHave: (request) => invoke("emergency_have", { request }),
  emergencyTable: () => invoke("emergency_table"),
  emergencySave: (request) => invoke("emergency_save", { request }),
  webhookTry: (content) => invoke("webhook_try", { request: content }),
  duty: () => invoke("duty"),
  dutySave: (request) => invoke("duty_save", { request }),
  dutyEnd: (request) => invoke("duty_end", { request }),

  status: () => invoke("status"),
  syncNow: () => invoke("sync_now"),
  activity: () => invoke("activity"),
  settings: () => invoke("settings"),
  settingsSave: (settings) => invoke("settings_save", { request: settings }),
  serverFacts: () => invoke("server_facts"),
  quitAsks: () => invoke("quit_asks"),
  quit: (request) => invoke("quit", { request }),

  on: (event, handler) => listen(event, ({ payload }) => handler(payload as never)),
};
