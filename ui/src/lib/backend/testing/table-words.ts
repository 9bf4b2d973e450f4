/** What stands in the tables of the scripted practice. All invented, in our own words. */
import type { HoursContent } from "$bindings/HoursContent";
import type { PoolName } from "$bindings/PoolName";
import type { RedFlagPreview } from "$bindings/RedFlagPreview";
import type { RedFlagRule } from "$bindings/RedFlagRule";
import type { TriageContent } from "$bindings/TriageContent";
import type { TriagePreview } from "$bindings/TriagePreview";

const HOUR = 3_600_000;
const POOL = "https://lakeside.example/pools|";

export function pools(): PoolName[] {
  return [
    { identifier: `${POOL}front-desk`, name: "Front desk" },
    { identifier: `${POOL}nurses`, name: "Nurse triage" },
    { identifier: `${POOL}refills`, name: "Refills" },
  ];
}

export function triageContent(): TriageContent {
  return {
    turnaround: { amount: 2, unit: "working-days" },
    categories: [
      { code: "refills", pool: `${POOL}refills`, turnaround: { amount: 1, unit: "working-days" } },
      { code: "appointment", pool: `${POOL}front-desk`, turnaround: null },
      { code: "question", pool: `${POOL}nurses`, turnaround: { amount: 240, unit: "working-minutes" } },
      { code: "travel-shots", pool: null, turnaround: null },
    ],
    words: [
      { category: "refills", words: ["refill*", "renewal", "renouvel*"] },
      { category: "appointment", words: ["appointment*", "rendez-vous", "book", "reschedule"] },
      { category: "travel-shots", words: ["travel", "vaccine* for the trip"] },
      { category: "question", words: ["question*"] },
    ],
  };
}

export function triagePreview(now: number): TriagePreview {
  return {
    messages: 500,
    counts: [
      { category: "appointment", before: 121, after: 118 },
      { category: "question", before: 96, after: 96 },
      { category: "refills", before: 140, after: 151 },
      { category: "travel-shots", before: 4, after: 4 },
      { category: null, before: 139, after: 131 },
    ],
    changed: [
      {
        subjectLine: "My inhaler is nearly empty",
        sent: now - 20 * HOUR,
        before: null,
        after: "refills",
        word: "inhaler*",
      },
      {
        subjectLine: "Book me for more of the blue tablets please, and the cream",
        sent: now - 50 * HOUR,
        before: "appointment",
        after: "refills",
        word: "more of",
      },
      {
        subjectLine: "Trip in spring",
        sent: now - 90 * HOUR,
        before: "travel-shots",
        after: null,
        word: null,
      },
    ],
  };
}

/** A rule as it came with Tern; `change` says what is different. */
export function rule(id: string, change: Partial<RedFlagRule> = {}): RedFlagRule {
  return {
    id,
    version: 1,
    category: "breathing",
    language: "en",
    raiseTo: "emergency",
    patterns: ["short of breath", "(can't|cannot) ..2 breathe"],
    unless: ["when I run"],
    unlessAnywhere: [],
    note: "Breath that is short at rest.",
    reviewedBy: "",
    date: "2026-09-01",
    origin: "starting",
    off: null,
    judged: 0,
    lowered: 0,
    ...change,
  };
}

/** By category, language and id. */
export function rules(): RedFlagRule[] {
  return [
    rule("en-breathing-short"),
    rule("fr-breathing-short", {
      language: "fr",
      patterns: ["à bout de souffle", "(peux|peut) ..2 respirer"],
      unless: [],
      note: "",
    }),
    rule("en-chest-squeeze", {
      category: "chest-heart",
      version: 3,
      origin: "changed",
      patterns: ["chest &4 (squeez*|tight*|pressure)", "elephant ..3 chest"],
      unless: ["x-ray"],
      note: "Our patients write “squeezing”.",
      judged: 12,
      lowered: 3,
      reviewedBy: "Dr Amara Osei",
      date: "2026-10-12",
    }),
    rule("en-leg-one-swollen", {
      category: "leg-clot",
      raiseTo: "urgent",
      patterns: ["(one|left|right) (leg|calf) &5 (swollen|puffy)"],
      unless: [],
      reviewedBy: "Dr Samir Haddad",
    }),
    rule("own-lake-swim", {
      category: "infection",
      origin: "own",
      version: 2,
      raiseTo: "same-day",
      patterns: ["lake &6 rash"],
      unless: [],
      note: "After the algae of last summer.",
      reviewedBy: "Dr Amara Osei",
      date: "2026-07-30",
    }),
    rule("en-urgent-word", {
      category: "urgent-words",
      raiseTo: "same-day",
      patterns: ["urgent*", "as soon as possible"],
      unless: [],
      note: "",
      off: {
        by: "Dr Amara Osei",
        date: "2026-10-01",
        reason: "Our portal writes “urgent” above every form.",
      },
    }),
  ];
}

export function categories(): string[] {
  return [
    ["breathing", "chest-heart", "stroke", "head-eye-neck", "fainting-seizure-confusion", "bleeding"],
    ["allergy-swelling", "self-harm", "violence", "poisoning-dose", "pregnancy", "after-birth"],
    ["newborn-child", "infection", "high-fever", "belly-urine", "dehydration", "leg-clot", "blood-sugar"],
    ["blood-pressure", "injury", "spine-nerve", "wound-surgery", "medicine-out", "bites-needle"],
    ["urgent-words"],
  ].flat();
}

export function redFlagPreview(now: number): RedFlagPreview {
  return {
    messages: 500,
    levels: [
      { level: "same-day", before: 41, after: 38 },
      { level: "urgent", before: 12, after: 12 },
      { level: "emergency", before: 9, after: 12 },
    ],
    changed: [
      {
        subjectLine: "Tight chest since lunch",
        sent: now - 3 * HOUR,
        before: "same-day",
        after: "emergency",
        rule: "en-chest-squeeze",
        words: "chest feels tight",
      },
      {
        subjectLine: "Rash",
        sent: now - 30 * HOUR,
        before: "same-day",
        after: "routine",
        rule: null,
        words: null,
      },
    ],
    problems: [],
  };
}

export function hoursContent(): HoursContent {
  const period = (day: number, from: string, to: string) => ({ day, from, to });
  const closure = (name: string, first: string) => ({
    name,
    first,
    last: null,
    from: null,
    to: null,
    rule: null,
  });
  return {
    zone: "America/Toronto",
    weekly: [
      period(0, "08:30", "12:00"),
      period(0, "13:00", "17:00"),
      period(1, "08:30", "17:00"),
      period(2, "08:30", "17:00"),
      period(3, "10:00", "20:00"),
      period(4, "08:30", "15:00"),
    ],
    closures: [
      { ...closure("Canada Day", "2020-07-01"), rule: "FREQ=YEARLY" },
      { ...closure("Painting the waiting room", "2026-03-02"), last: "2026-03-04" },
      { ...closure("Staff afternoon", "2099-12-11"), from: "12:00" },
      { ...closure("Winter break", "2099-12-24"), last: "2099-12-28" },
    ],
  };
}

export function zones(): string[] {
  return [
    "America/Halifax",
    "America/Iqaluit",
    "America/Montreal",
    "America/St_Johns",
    "America/Toronto",
    "America/Vancouver",
    "America/Winnipeg",
    "Europe/Paris",
    "UTC",
  ];
}
