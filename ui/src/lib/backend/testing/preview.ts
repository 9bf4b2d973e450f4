/**
 * The scripted practice for a browser: `npm run dev -- --mode preview`, then `?scene=…&theme=…&language=…`.
 * For looking at screens; what cannot happen by hand (an outage, somebody else's claim) is a scene.
 */
import type { Language } from "$bindings/Language";
import type { SignInFailure } from "$bindings/SignInFailure";
import type { Theme } from "$bindings/Theme";
import type { Backend } from "../backend";
import { MemoryBackend } from "./memory";
import { categories, rule } from "./table-words";
import { drOsei, envelope, many } from "./words";

const HOUR = 3_600_000;

export function preview(query: URLSearchParams): Backend {
  const backend = new MemoryBackend();
  const now = Date.now();
  backend.settingsNow = {
    ...backend.settingsNow,
    theme: (query.get("theme") ?? "system") as Theme,
    language: (query.get("language") ?? "en") as Language,
  };
  backend.pin = "2468";
  const mine = backend.queues.get("mine") ?? [];
  backend.queues = new Map([
    ["urgent", mine.filter((row) => row.urgency === "emergency" || row.urgency === "urgent")],
    ["mine", mine],
    ["pool/Nurse%20triage", many(11, now)],
    [
      "pool/Refills",
      many(180, now).map((row) => ({ ...row, thread: `r-${row.thread}`, category: "refills" })),
    ],
    ["pool/Front%20desk", many(2400, now).map((row) => ({ ...row, thread: `f-${row.thread}` }))],
    ["unsorted", []],
    ["waiting", many(31, now).map((row) => ({ ...row, thread: `w-${row.thread}`, due: null }))],
    ["unsent", mine.filter((row) => row.delivery !== null)],
  ]);
  backend.claimTakes = Number(query.get("claim") ?? 150);
  scenes[query.get("scene") ?? ""]?.(backend, query);
  Object.assign(window, { practice: backend });
  return backend;
}

const scenes: Record<string, (backend: MemoryBackend, query: URLSearchParams) => void> = {
  "signed-out": (backend, query) => {
    const failure = query.get("failure") as SignInFailure | null;
    backend.sessionNow = {
      kind: "signed-out",
      server: failure === null ? null : "https://fhir.lakeside.example",
      caFile: null,
      failure,
      samplePractice: true,
    };
  },
  "signing-in": (backend) => {
    backend.sessionNow = {
      kind: "signing-in",
      server: "https://fhir.lakeside.example",
      page: "https://sign.in",
    };
  },
  locked: (backend) => {
    backend.sessionNow = {
      kind: "locked",
      lock: "screen",
      member: drOsei,
      hasPin: true,
      triesLeft: 5,
      waitUntil: null,
      unsent: 3,
      failure: null,
    };
  },
  offline: (backend) => {
    backend.statusNow = {
      ...backend.statusNow,
      connection: "offline",
      checked: Date.now() - 7 * 60_000,
      waitingToSend: 2,
      needsYou: 1,
    };
  },
  "first-sync": (backend) => {
    backend.queues.set("mine", []);
    backend.statusNow = {
      ...backend.statusNow,
      checked: null,
      firstSync: 3412,
      index: { indexed: 1200, total: 9800 },
    };
  },
  empty: (backend) => {
    backend.queues.set("mine", []);
  },
  awkward: (backend) => {
    const now = Date.now();
    backend.queues.set("mine", [
      envelope("t-long", now, {
        patientName: "Wilhelmina-Alexandrina von Hohenstaufen-Sigmaringen of the Upper Lakes",
        writer: "Maximiliana Featherstonehaugh-Cholmondeley",
        subjectLine:
          "A very long subject line that goes on about the knee, the hip, the other knee and the weather",
        urgency: "same-day",
        attachments: 12,
        holder: { name: "Dr Bartholomew Featherstonehaugh", me: false, since: now - HOUR, lapsed: false },
      }),
      envelope("t-bidi", now, {
        patientName: "Leo \u202Eziur\u202C Ruiz\u0007",
        subjectLine: "<img src=x onerror=alert(1)> \u2067hello",
      }),
      envelope("t-arabic", now, { patientName: "ليلى حداد", subjectLine: "سؤال عن الدواء", language: "ar" }),
      envelope("t-nobody", now, { patientName: "", subjectLine: "", category: "something-new" }),
      ...(backend.queues.get("mine") ?? []),
    ]);
  },
  lost: (backend) => {
    const start = backend.touchStart.bind(backend);
    backend.touchStart = async (request) => {
      const result = await start(request);
      const holder = { name: "Dr Samir Haddad", me: false, since: Date.now() - 120_000, lapsed: false };
      setTimeout(() => backend.setTouch(request.thread, { lostTo: holder, wroteAgain: true }), 50);
      return result;
    };
  },
  "read-only": (backend) => {
    backend.mayEdit = false;
  },
  "no-tables": (backend) => {
    for (const state of Object.values(backend.states)) state.base = null;
    backend.onServer.calendar = { ...backend.onServer.calendar, zone: "", closures: [] };
  },
  overtaken: (backend) => {
    Object.assign(backend.waiting, structuredClone(backend.onServer));
    for (const state of Object.values(backend.states)) state.saving = "overtaken";
    backend.states.triage = { ...backend.states.triage, problem: "words[2]: there is no such category" };
  },
  rules: (backend) => {
    backend.onServer["red-flags"] = categories().flatMap((category) =>
      ["en", "fr"].flatMap((language) =>
        ["at-night", "gets-worse", "with-fever"].map((name) =>
          rule(`${language}-${category}-${name}`, { category, language }),
        ),
      ),
    );
  },
  taken: (backend) => {
    for (const row of backend.queues.get("mine") ?? []) {
      backend.takenBy.set(row.thread, {
        name: "Mia Tran",
        me: false,
        since: Date.now() - 120_000,
        lapsed: false,
      });
    }
  },
};
