/**
 * The one table from a code to its words: what happened, and what to do. Complete by type: a code that Rust adds
 * does not compile here until somebody words it.
 */
import type { ApiError } from "$bindings/ApiError";
import type { ConnectionState } from "$bindings/ConnectionState";
import type { ErrorCode } from "$bindings/ErrorCode";
import type { SignInFailure } from "$bindings/SignInFailure";
import type { StuckChange } from "$bindings/StuckChange";
import type { WedgeReason } from "$bindings/WedgeReason";
import { type MessageKey, t } from "$lib/i18n/catalogue.svelte";
import { moment } from "$lib/i18n/time";
import { plainName } from "$lib/text/plain";

/** What happened, and what to do about it. */
export interface Wording {
  what: MessageKey;
  todo: MessageKey;
}

export const errorWording: Record<ErrorCode, Wording> = {
  "signed-out": { what: "error.signed-out", todo: "error.signed-out.todo" },
  locked: { what: "error.locked", todo: "error.locked.todo" },
  "not-allowed": { what: "error.not-allowed", todo: "error.not-allowed.todo" },
  "not-found": { what: "error.not-found", todo: "error.not-found.todo" },
  "too-late": { what: "error.too-late", todo: "error.too-late.todo" },
  empty: { what: "error.empty", todo: "error.empty.todo" },
  "disk-full": { what: "error.disk-full", todo: "error.disk-full.todo" },
  cache: { what: "error.cache", todo: "error.cache.todo" },
  keyring: { what: "error.keyring", todo: "error.keyring.todo" },
  "sample-practice-missing": {
    what: "error.sample-practice-missing",
    todo: "error.sample-practice-missing.todo",
  },
  "sample-practice-failed": {
    what: "error.sample-practice-failed",
    todo: "error.sample-practice-failed.todo",
  },
  invalid: { what: "error.invalid", todo: "error.invalid.todo" },
  internal: { what: "error.internal", todo: "error.internal.todo" },
};

export const signInWording: Record<SignInFailure, Wording> = {
  unreachable: { what: "sign-in.unreachable", todo: "sign-in.unreachable.todo" },
  certificate: { what: "sign-in.certificate", todo: "sign-in.certificate.todo" },
  insecure: { what: "sign-in.insecure", todo: "sign-in.insecure.todo" },
  "ca-file": { what: "sign-in.ca-file", todo: "sign-in.ca-file.todo" },
  "not-a-practice": { what: "sign-in.not-a-practice", todo: "sign-in.not-a-practice.todo" },
  cancelled: { what: "sign-in.cancelled", todo: "sign-in.cancelled.todo" },
  "timed-out": { what: "sign-in.timed-out", todo: "sign-in.timed-out.todo" },
  refused: { what: "sign-in.refused", todo: "sign-in.refused.todo" },
  "not-a-member": { what: "sign-in.not-a-member", todo: "sign-in.not-a-member.todo" },
  "somebody-else": { what: "sign-in.somebody-else", todo: "sign-in.somebody-else.todo" },
  keyring: { what: "sign-in.keyring", todo: "sign-in.keyring.todo" },
  "cache-set-aside": { what: "sign-in.cache-set-aside", todo: "sign-in.cache-set-aside.todo" },
  "copied-cache": { what: "sign-in.copied-cache", todo: "sign-in.copied-cache.todo" },
  "disk-full": { what: "sign-in.disk-full", todo: "sign-in.disk-full.todo" },
  "newer-cache": { what: "sign-in.newer-cache", todo: "sign-in.newer-cache.todo" },
};

/** What stands in the banner; nothing while all is well. */
export const connectionWording: Record<ConnectionState, MessageKey | null> = {
  starting: null,
  online: null,
  offline: "banner.offline",
  struggling: "banner.struggling",
  untrusted: "banner.untrusted",
  "sign-in-again": "banner.sign-in-again",
  keyring: "banner.keyring",
  "disk-full": "banner.disk-full",
};

/** In one line. */
export function failureText(failure: ApiError): string {
  const wording = errorWording[failure.code] ?? errorWording.internal;
  return `${t(wording.what)} ${t(wording.todo)}`;
}

/** Why the browser did not unlock, or renew the session, in one line. */
export function browserText(failure: SignInFailure | null): string | null {
  if (failure === null) return null;
  const wording = signInWording[failure];
  return `${t(wording.what)} ${t(wording.todo)}`;
}

/** Why closing, or putting back, needs a person. */
export function stuckText({ kind, reason }: StuckChange): string {
  return `${t(`stuck.${kind}`)} ${stuckReason(reason)}`;
}

function stuckReason(reason: WedgeReason): string {
  switch (reason.kind) {
    case "refused":
      return t("stuck.refused", { status: String(reason.status), code: reason.code ?? "" });
    case "gone":
      return t("stuck.gone");
    case "claim-lost":
      return reason.by ? t("stuck.first.by", { who: plainName(reason.by) }) : t("stuck.first");
    default:
      return t("stuck.unknown");
  }
}

/** Why a message of ours needs a person. */
export function wedgeText(wedge: WedgeReason, now: number): string {
  switch (wedge.kind) {
    case "claim-lost":
      return wedge.by ? t("wedge.claim-lost.by", { who: plainName(wedge.by) }) : t("wedge.claim-lost");
    case "answered-since": {
      const when = moment(wedge.at, now);
      return wedge.by
        ? t("wedge.answered-since.by", { who: plainName(wedge.by), when })
        : t("wedge.answered-since", { when });
    }
    case "refused":
      return t("wedge.refused", { status: String(wedge.status), code: wedge.code ?? "" });
    case "outcome-unknown":
      return t("wedge.outcome-unknown");
    case "gone":
      return t("wedge.gone");
  }
}
