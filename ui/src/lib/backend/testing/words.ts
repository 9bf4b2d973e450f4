/** The people and texts of the scripted practice. All invented, in our own words. */
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { MessageRow } from "$bindings/MessageRow";
import type { Destinations } from "$bindings/Destinations";
import type { PatientCard } from "$bindings/PatientCard";
import type { ServerFact } from "$bindings/ServerFact";
import type { Session } from "$bindings/Session";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A routine envelope with nothing remarkable; `change` says what is. */
export function envelope(thread: string, now: number, change: Partial<EnvelopeRow> = {}): EnvelopeRow {
  return {
    thread,
    patientName: "Priya Raman",
    birthDate: "1984-05-02",
    ageYears: 42,
    writer: null,
    subjectLine: "Referral to physio",
    category: "referral",
    urgency: "routine",
    flags: [],
    waitingFor: null,
    waitingSince: now - 3 * HOUR,
    due: now + DAY,
    usualMinutes: 3,
    usualIsDefault: false,
    attachments: 0,
    holder: null,
    standsInFor: null,
    language: null,
    delivery: null,
    unreadable: false,
    ...change,
  };
}

/** What is in *Mine* on an ordinary morning. */
export function morning(now: number): EnvelopeRow[] {
  const nine = new Date(now);
  nine.setHours(9, 0, 0, 0);
  const tomorrow = nine.getTime() + DAY;
  const todayLater = nine.getTime() + 6 * HOUR + 10 * MINUTE;
  return [
    envelope("t-therriault", now, {
      patientName: "Marguerite Thériault",
      birthDate: "1951-11-19",
      ageYears: 75,
      subjectLine: "Tight chest since lunch",
      category: "question",
      urgency: "emergency",
      flags: [
        {
          rule: "chest-pressure-en",
          version: 1,
          category: "chest-heart",
          level: "emergency",
          words: "pressure … left arm",
          maybeNegated: false,
        },
        {
          rule: "breathing-short-en",
          version: 2,
          category: "breathing",
          level: "emergency",
          words: "short of breath",
          maybeNegated: true,
        },
      ],
      waitingSince: now - 6 * MINUTE,
      due: now,
      usualMinutes: null,
    }),
    envelope("t-leo", now, {
      patientName: "Leo Ruiz",
      birthDate: "2020-03-04",
      ageYears: 6,
      writer: "Ana Ruiz",
      subjectLine: "Fever again, school note?",
      category: "question",
      urgency: "same-day",
      waitingSince: now - 2 * HOUR,
      due: todayLater,
      usualMinutes: 4,
    }),
    envelope("t-bart", now, {
      patientName: "Bartholomew Okonkwo-Lindqvist",
      birthDate: "1969-07-30",
      ageYears: 57,
      subjectLine: "Metformin refill",
      category: "refills",
      waitingSince: now - 3 * HOUR,
      due: tomorrow,
      usualMinutes: 1,
    }),
    envelope("t-chan", now, {
      patientName: "Sui-Ling Chan",
      birthDate: "1990-01-15",
      ageYears: 36,
      subjectLine: "Results of Tuesday",
      category: "results",
      waitingSince: now - 5 * HOUR,
      due: tomorrow,
      usualMinutes: 6,
      usualIsDefault: true,
      attachments: 1,
    }),
    envelope("t-desrosiers", now, {
      patientName: "Jean-Marc Desrosiers",
      birthDate: "1978-09-08",
      ageYears: 48,
      subjectLine: "Rendez-vous de suivi",
      category: "appointment",
      waitingSince: now - 7 * HOUR,
      due: tomorrow,
      usualMinutes: 2,
      language: "fr",
    }),
    envelope("t-raman", now, {
      waitingSince: now - DAY,
      holder: { name: "Mia Tran", me: false, since: now - 2 * MINUTE, lapsed: false },
    }),
    envelope("t-ferreira", now, {
      patientName: "Tomás Ferreira",
      birthDate: "1988-12-24",
      ageYears: 37,
      subjectLine: "Insurance form",
      category: "form",
      waitingSince: now - DAY,
      due: now - 2 * HOUR,
      usualMinutes: 8,
      attachments: 2,
    }),
    envelope("t-okafor", now, {
      patientName: "Ngozi Okafor",
      birthDate: "1995-06-11",
      ageYears: 31,
      subjectLine: "Question about the new tablets",
      category: "question",
      urgency: "urgent",
      waitingSince: now - 26 * HOUR,
      delivery: "needs-you",
      usualMinutes: 5,
    }),
    envelope("t-moreau", now, {
      patientName: "Hélène Moreau",
      birthDate: "1962-02-27",
      ageYears: 64,
      subjectLine: "",
      category: null,
      waitingSince: now - 28 * HOUR,
      usualMinutes: 4,
      usualIsDefault: true,
      unreadable: true,
      holder: { name: "Dr Samir Haddad", me: false, since: now - 9 * HOUR, lapsed: true },
    }),
  ];
}

/** As many routine envelopes as are wanted. */
export function many(count: number, now: number): EnvelopeRow[] {
  const names = [
    "Noor Haidari",
    "Kofi Mensah",
    "Ingrid Solberg",
    "Luca Bianchi",
    "Mei Tanaka",
    "Rosa Delgado",
  ];
  const subjects = ["Refill of my inhaler", "Form for work", "Sore knee", "Blood test", "New appointment"];
  return Array.from({ length: count }, (_, at) =>
    envelope(`t-${at}`, now, {
      patientName: names[at % names.length]!,
      subjectLine: subjects[at % subjects.length]!,
      waitingSince: now - at * 7 * MINUTE,
      usualMinutes: 1 + (at % 7),
    }),
  );
}

export function patientOf(row: EnvelopeRow): PatientCard {
  const child = row.writer !== null;
  return {
    name: row.patientName,
    preferredName: row.patientName.split(" ")[0] ?? "",
    birthDate: row.birthDate,
    ageYears: row.ageYears,
    recordNumber: `LK-${20418 + row.thread.length}`,
    language: row.language,
    readBy: row.writer,
    relationship: child ? "MTH" : null,
    phone: "416 555 0142",
  };
}

export function message(id: string, sent: number, change: Partial<MessageRow> = {}): MessageRow {
  return {
    id,
    side: "patient",
    author: "Priya Raman",
    onBehalfOf: null,
    sent,
    received: null,
    text: "The knee is no better after two weeks. Could you refer me to the physio we spoke about?",
    attachments: [],
    delivery: null,
    wedge: null,
    retracted: false,
    draft: false,
    unreadable: false,
    ...change,
  };
}

/** The texts of a thread, oldest first. */
export function messagesOf(row: EnvelopeRow, now: number): MessageRow[] {
  const sent = row.waitingSince;
  if (row.thread === "t-leo") {
    return [
      message("m-leo-1", sent, {
        author: "Ana Ruiz",
        onBehalfOf: "Leo",
        text:
          "Leo had 38.9 again last night and is tired this morning but drinking well. We gave ibuprofen at 6. " +
          "Does he need to be seen, and could you send the note for school for Monday to Wednesday?",
      }),
      message("m-leo-2", sent + 1000, {
        side: "automatic",
        author: "Lakeside Family Practice",
        received: sent + 3 * MINUTE,
        delivery: "sent",
        text: "Thank you, we have your message. You will hear from us today. In an emergency, call 911.",
      }),
    ];
  }
  if (row.thread === "t-okafor") {
    return [
      message("m-okafor-1", sent, {
        author: row.patientName,
        text: "Since the new tablets I feel dizzy when I stand up. Shall I go on with them?",
      }),
      message("m-okafor-2", now - HOUR, {
        side: "practice",
        author: "Dr Amara Osei",
        text: "Please stop the new tablets today and measure your blood pressure sitting and standing.",
        delivery: "needs-you",
        wedge: { kind: "answered-since", by: "Mia Tran", at: now - 50 * MINUTE },
      }),
    ];
  }
  const unreadable = row.unreadable ? [message("m-x", sent + 1000, { text: "", unreadable: true })] : [];
  const files = Array.from({ length: row.attachments }, (_, at) => ({
    id: `f-${at}`,
    title: at === 0 ? "scan.pdf" : "photo.jpg",
    contentType: at === 0 ? "application/pdf" : "image/jpeg",
    size: 240_000 * (at + 1),
    filing: "unfiled" as const,
  }));
  return [
    message(`m-${row.thread}`, sent, { author: row.writer ?? row.patientName, attachments: files }),
    ...unreadable,
  ];
}

export const drOsei = { reference: "PractitionerRole/osei", name: "Dr Amara Osei", role: "physician" };

export function openSession(): Session {
  return {
    kind: "open",
    member: drOsei,
    practice: "Lakeside Family Practice",
    server: "https://fhir.lakeside.example",
    signInAgain: false,
    failure: null,
    setAside: null,
    restored: 0,
  };
}

/** Where work can go. */
export function destinations(): Destinations {
  const pool = (number: number, id: string, name: string) => ({
    id: `pool/${id}`,
    name,
    number,
    staffed: true,
  });
  return {
    pools: [
      pool(1, "front-desk", "Front desk"),
      pool(2, "nurses", "Nurse triage"),
      pool(3, "refills", "Refills"),
    ],
    members: [{ reference: "PractitionerRole/mia", name: "Mia Tran", role: "ma" }],
  };
}

/** What the server can do. */
export function facts(): ServerFact[] {
  return [
    { fact: "conditional-create", verdict: "works" },
    { fact: "transaction", verdict: "works" },
    { fact: "patch", verdict: "works-around" },
    { fact: "push", verdict: "missing" },
    { fact: "receipts", verdict: "unknown" },
  ];
}
