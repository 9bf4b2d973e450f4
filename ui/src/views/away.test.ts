import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { AwayDigest } from "$bindings/AwayDigest";
import type { DigestRow } from "$bindings/DigestRow";
import { inbox, rows, selected } from "$lib/backend/testing/scene";
import { envelope } from "$lib/backend/testing/words";

async function opens(prepare?: Parameters<typeof inbox>[0]) {
  const scene = await inbox(prepare);
  await waitFor(() => expect(scene.practice.callsOf("away").length).toBeGreaterThan(0));
  await scene.user.keyboard("ga");
  const dialog = await screen.findByTestId("away");
  return { ...scene, dialog };
}

/** By the first letter, as one does with a list that is closed. */
const FROM = Date.parse("2026-03-02T08:00:00Z");

/** Until somebody ends it: that is chosen, too. */
async function hasNoEnd({ user }: Awaited<ReturnType<typeof opens>>) {
  await user.click(screen.getByTestId("away-endless"));
}

async function choosesMia({ user }: Awaited<ReturnType<typeof opens>>) {
  const list = screen.getByTestId("away-stand-in");
  list.focus();
  await user.keyboard("m");
  await waitFor(() => expect(list.textContent).toContain("Mia Tran"));
}

describe("an absence", () => {
  it("is from now on, for everything, where nothing else is said, and without end where that is", async () => {
    const scene = await opens();
    await choosesMia(scene);
    await scene.user.click(screen.getByTestId("away-save"));
    expect(document.activeElement?.id).toBe("away-until-date");
    expect(scene.dialog.textContent).toContain("Say until when");
    expect(scene.practice.callsOf("awaySave")).toEqual([]);
    await hasNoEnd(scene);
    await scene.user.click(screen.getByTestId("away-save"));
    await waitFor(() => expect(scene.practice.callsOf("awaySave")).toHaveLength(1));
    expect(scene.practice.callsOf("awaySave")[0]).toEqual({
      id: null,
      base: null,
      absent: "PractitionerRole/osei",
      standIn: "PractitionerRole/mia",
      from: null,
      until: null,
      pools: [],
      despite: false,
    });
    await within(scene.dialog).findByText("Dr Amara Osei: Mia Tran stands in");
    expect(document.activeElement).toBe(screen.getByTestId("away-said"));
    expect(document.activeElement?.textContent).toContain("Saved here");
    await scene.user.click(screen.getByTestId("away-end"));
    await waitFor(() => expect(screen.queryByTestId("away-row")).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("away-said")));
  });

  it("needs somebody who stands in", async () => {
    const { practice, user } = await opens();
    await user.click(screen.getByTestId("away-save"));
    expect(screen.getByTestId("away-said").textContent).toContain("Nobody is chosen");
    expect(practice.callsOf("awaySave")).toEqual([]);
  });

  it("that goes round in a circle is said, and saved only by a second word", async () => {
    const scene = await opens((practice) => (practice.planned = { kind: "warned", warnings: ["loop"] }));
    await choosesMia(scene);
    await hasNoEnd(scene);
    await scene.user.dblClick(screen.getByTestId("away-save"));
    await waitFor(() => expect(screen.getByTestId("away-said").textContent).toContain("in a circle"));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("away-said")));
    await scene.user.click(screen.getByTestId("away-save"));
    fireEvent.click(screen.getByTestId("away-despite"), { detail: 2 });
    expect(scene.practice.callsOf("awaySave")).not.toContainEqual(expect.objectContaining({ despite: true }));
    expect(screen.queryByTestId("away-row")).toBeNull();
    await scene.user.click(screen.getByTestId("away-despite"));
    await screen.findByTestId("away-row");
  });

  it("with somebody who has no right cannot be saved", async () => {
    const scene = await opens((practice) => (practice.planned = { kind: "wrong", warnings: ["no-right"] }));
    await choosesMia(scene);
    await hasNoEnd(scene);
    await scene.user.click(screen.getByTestId("away-save"));
    await waitFor(() => expect(screen.getByTestId("away-said").textContent).toContain("front office"));
    expect(screen.queryByTestId("away-despite")).toBeNull();
  });

  it("whose change was not saved says so over the list, too", async () => {
    const { practice } = await inbox((practice) => {
      practice.absences = [practice.absence({ saving: "overtaken" })];
    });
    await screen.findByTestId("away-unsaved");
    practice.absences = [practice.absence({})];
    practice.changed(["coverage"]);
    await waitFor(() => expect(screen.queryByTestId("away-unsaved")).toBeNull());
  });

  it("that is changed goes to the server under the version that was seen", async () => {
    const { practice, user } = await opens((practice) => {
      practice.zone = "America/Halifax";
      const until = Date.parse("2036-03-04T04:00:00Z");
      practice.absences = [
        practice.absence({ base: "7" }, { until, pools: ["pool/nurses"], unknownPools: 1 }),
      ];
    });
    const row = await screen.findByTestId("away-row");
    expect(row.textContent).toContain("for Nurse triage and a pool that is not known here");
    expect(row.textContent).toMatch(/until .*3.*2036, whole day/);
    await user.click(screen.getByTestId("away-edit"));
    await waitFor(() => expect(document.activeElement?.id).toBe("away-stand-in"));
    expect(screen.getByTestId("away").textContent).toContain("for a pool, too, that is not known here");
    await user.click(screen.getByTestId("away-save"));
    await waitFor(() => expect(practice.callsOf("awaySave")).toHaveLength(1));
    expect(practice.callsOf("awaySave")[0]).toMatchObject({
      id: "c1",
      base: "7",
      until: Date.parse("2036-03-04T04:00:00Z"),
      pools: ["pool/nurses"],
    });
  });

  it("that somebody else changed meanwhile is not written over unseen, and what was typed stays", async () => {
    const { practice, user } = await opens((practice) => (practice.absences = [practice.absence()]));
    await user.click(await screen.findByTestId("away-edit"));
    await fireEvent.input(screen.getByLabelText("From: day"), { target: { value: "2036-03-02" } });
    practice.absences = [
      practice.absence({ base: "2" }, { standIn: "PractitionerRole/jo", standInName: "Jo Bélanger" }),
    ];
    practice.changed(["coverage"]);
    const moved = await screen.findByTestId("away-moved");
    expect(moved.textContent).toContain("Jo Bélanger stands in");
    await user.click(screen.getByTestId("away-save"));
    expect(practice.callsOf("awaySave")).toEqual([]);
    await waitFor(() => expect(document.activeElement).toBe(moved));
    expect(screen.getByLabelText<HTMLInputElement>("From: day").value).toBe("2036-03-02");
    await user.click(screen.getByTestId("away-over"));
    await waitFor(() => expect(practice.callsOf("awaySave")).toHaveLength(1));
    expect(practice.callsOf("awaySave")[0]).toMatchObject({ base: "2", standIn: "PractitionerRole/mia" });
  });

  it("that somebody else ended meanwhile is planned as another one, or dropped", async () => {
    const { practice, user } = await opens((practice) => (practice.absences = [practice.absence()]));
    await user.click(await screen.findByTestId("away-edit"));
    practice.absences = [];
    practice.changed(["coverage"]);
    await user.click(await screen.findByTestId("away-as-new"));
    await user.click(screen.getByTestId("away-save"));
    await waitFor(() => expect(practice.callsOf("awaySave")).toHaveLength(1));
    expect(practice.callsOf("awaySave")[0]).toMatchObject({ id: null, base: null });
  });

  it("whose own change came back from the server is nobody else's", async () => {
    const { practice, user } = await opens((practice) => {
      practice.absences = [practice.absence({ base: null, now: false, saving: "queued" }, { from: FROM })];
    });
    await user.click(await screen.findByTestId("away-edit"));
    practice.absences = [practice.absence({}, { from: FROM })];
    practice.changed(["coverage"]);
    await waitFor(() => expect(screen.getByTestId("away-row").dataset["saving"]).toBe("saved"));
    expect(screen.queryByTestId("away-moved")).toBeNull();
    await user.click(screen.getByTestId("away-save"));
    await waitFor(() => expect(practice.callsOf("awaySave")[0]).toMatchObject({ id: "c1", base: "1" }));
  });

  it("whose change was refused holds as before, and the choices are there to be sent again", async () => {
    const { practice, user } = await opens((practice) => {
      const change = practice.plan({ standIn: "PractitionerRole/jo", standInName: "Jo Bélanger" });
      practice.absences = [practice.absence({ change, saving: "refused" })];
    });
    const row = await screen.findByTestId("away-row");
    expect(row.textContent).toContain("Dr Amara Osei: Mia Tran stands in");
    expect(row.textContent).toContain("the server did not take it");
    expect(screen.getByTestId("away-change").textContent).toContain("Jo Bélanger stands in");
    await user.click(screen.getByTestId("away-edit"));
    expect(screen.getByTestId("away-stand-in").textContent).toContain("Jo Bélanger");
    await user.click(screen.getByTestId("away-give-up"));
    await waitFor(() => expect(screen.queryByTestId("away-change")).toBeNull());
    expect(practice.callsOf("awayEnd")).toEqual([{ id: "c1", giveUp: true }]);
    expect(screen.getByTestId("away-row").textContent).toContain("Now");
  });

  it("that could not be saved stays typed, also while the dialog is closed", async () => {
    const scene = await opens((practice) => practice.fault("awaySave", "disk-full"));
    await choosesMia(scene);
    await hasNoEnd(scene);
    await scene.user.click(screen.getByTestId("away-save"));
    await within(scene.dialog).findByRole("alert");
    await scene.user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("away")).toBeNull());
    await scene.user.keyboard("ga");
    await waitFor(() => expect(screen.getByTestId("away-stand-in").textContent).toContain("Mia Tran"));
  });

  it("with half a date is asked for the rest of it, whichever button saves", async () => {
    const scene = await opens((practice) => (practice.planned = { kind: "warned", warnings: ["overlap"] }));
    await choosesMia(scene);
    await hasNoEnd(scene);
    await scene.user.click(screen.getByTestId("away-save"));
    const day = screen.getByLabelText("From: day");
    Object.defineProperty(day, "validity", { value: { badInput: true } });
    await scene.user.click(await screen.findByTestId("away-despite"));
    await waitFor(() => expect(scene.dialog.textContent).toContain("The date is not complete"));
    expect(scene.practice.callsOf("awaySave")).toHaveLength(1);
    await waitFor(() => expect(document.activeElement).toBe(day));
  });

  it("says that a row is ended by one press, not by the second half of a double one", async () => {
    const { practice } = await opens((practice) => (practice.absences = [practice.absence()]));
    fireEvent.click(await screen.findByTestId("away-end"), { detail: 2 });
    expect(practice.callsOf("awayEnd")).toEqual([]);
  });

  it("that cannot be read is said, with the way to read it again", async () => {
    const { practice, user } = await inbox((practice) => practice.fault("away", "internal"));
    const bar = await screen.findByTestId("away-unread");
    await user.click(within(bar).getByRole("button"));
    await waitFor(() => expect(screen.queryByTestId("away-unread")).toBeNull());
    expect(practice.callsOf("away").length).toBeGreaterThan(1);
  });

  it("of which a role sees nothing is no failure", async () => {
    const { practice } = await inbox((practice) => practice.fault("away", "not-allowed"));
    await waitFor(() => expect(practice.callsOf("digest").length).toBeGreaterThan(0));
    expect(screen.queryByTestId("away-unread")).toBeNull();
  });

  it("that is not sent yet is counted before signing out and quitting", async () => {
    const { practice, user, tern } = await inbox((practice) => (practice.absencesUnsent = 1));
    await tern.quit();
    await screen.findByText("A change of an absence is not sent yet");
    await user.click(screen.getByTestId("quit-stay"));
    tern.signingOut = true;
    await user.click(await screen.findByTestId("sign-out-confirm"));
    await screen.findByText("A change of an absence is not sent yet");
    expect(practice.sessionNow.kind).toBe("open");
    await user.click(screen.getByTestId("sign-out-anyway"));
    await waitFor(() => expect(practice.callsOf("signOut")).toContainEqual({ withUnsent: true }));
  });

  it("is shown to somebody who may plan none, without a form", async () => {
    await opens((practice) => {
      practice.mayPlan = false;
      practice.absences = [practice.absence({ mayChange: false })];
    });
    await screen.findByTestId("away-row");
    expect(screen.queryByTestId("away-save")).toBeNull();
    expect(screen.queryByTestId("away-end")).toBeNull();
  });
});

describe("whoever stands in", () => {
  it("has a queue that says for whom, and so does every row", async () => {
    const id = "for/PractitionerRole/haddad";
    const { practice, user } = await inbox((practice) => {
      const row = envelope("t-his", practice.now(), { standsInFor: "Dr Noor Haddad" });
      practice.queues.set(id, [row]);
      practice.railNames.set(id, "Dr Noor Haddad");
    });
    const entry = await screen.findByTestId(`rail-${id}`);
    expect(entry.textContent).toContain("For Dr Noor Haddad");
    await user.click(entry);
    await waitFor(() => expect(rows()).toEqual(["t-his"]));
    expect(screen.getByTestId("envelope-t-his").textContent).toContain("for Dr Noor Haddad");
    // Over: its name is not "For nobody".
    practice.queues.delete(id);
    practice.changed(["rail", "envelopes"]);
    await screen.findByText("No longer standing in");
  });

  it("finds their own queues under the digits that these have always had", async () => {
    const { user } = await inbox((practice) => {
      const own = [...practice.queues];
      practice.queues = new Map([["for/PractitionerRole/haddad", []], ...own, ["calls", []]]);
      practice.queues.set("calls", [envelope("t-call", practice.now())]);
    });
    await waitFor(() => screen.getByTestId("rail-calls"));
    await user.keyboard("{Control>}2{/Control}");
    await waitFor(() => expect(rows()).toEqual(["t-call"]));
  });
});

describe("whoever was away", () => {
  const row = (thread: string, by: string | null = null): DigestRow => ({
    thread,
    patientName: "Leo Ruiz",
    subjectLine: `About ${thread}`,
    by,
    queue: by === null ? "waiting" : null,
  });
  const part = (...rows: DigestRow[]) => ({ total: rows.length, rows });
  const digest = (practice: { now: () => number }, needsYou: AwayDigest["needsYou"]): AwayDigest => ({
    from: practice.now() - 86_400_000,
    until: practice.now() - 60_000,
    closed: part(row("a", "Mia Tran"), row("b", "Jo Bélanger")),
    waiting: part(),
    needsYou,
  });

  it("finds what was closed, what waits and what needs them, until it was read", async () => {
    const { practice, user } = await inbox((practice) => {
      practice.digestNow = digest(practice, part(row("t-leo")));
    });
    const shown = (name: string) => screen.getByTestId(`digest-${name}`);
    await screen.findByTestId("digest");
    expect(shown("needs-you").textContent).toContain("1 needs you");
    expect(shown("closed").textContent).toContain("2 were closed by others");
    expect(shown("closed").textContent).toContain("by Mia Tran");
    expect(shown("waiting").dataset["count"]).toBe("0");
    await user.click(screen.getByTestId("digest-seen"));
    await waitFor(() => expect(screen.queryByTestId("digest")).toBeNull());
    expect(practice.callsOf("digestDismiss")).toHaveLength(1);
  });

  it("opens the thread that was pressed wherever it is, and no other patient's where it is nowhere", async () => {
    const { practice, user } = await inbox((practice) => {
      const many = Array.from({ length: 230 }, (_, n) =>
        envelope(`t-w${n}`, practice.now() - n, { subjectLine: `Words of ${n}` }),
      );
      practice.queues.set("waiting", many);
      practice.digestNow = digest(practice, part(row("t-w220"), row("t-nowhere")));
    });
    await user.click(await screen.findByTestId("digest-row-t-w220"));
    const pane = document.querySelector(".touch")!;
    await waitFor(() => expect(pane.textContent).toContain("Words of 220"));
    await user.click(screen.getByTestId("digest-row-t-nowhere"));
    await screen.findByText(/in none of your queues any more/);
    expect([selected(), pane.textContent]).toEqual([null, expect.not.stringContaining("Words of")]);
    practice.changed(["envelopes"]);
    await waitFor(() => expect(practice.callsOf("envelopes").length).toBeGreaterThan(4));
    expect(selected()).toBeNull();
  });

  it("reads what became of it meanwhile, and how many there are beyond those that are named", async () => {
    const { practice } = await inbox((practice) => {
      practice.digestNow = digest(practice, { total: 412, rows: [row("t-leo")] });
    });
    const needs = await screen.findByTestId("digest-needs-you");
    expect(needs.textContent).toContain("412 need you");
    expect(needs.textContent).toContain("411 more are in the queues");
    practice.digestNow = digest(practice, part());
    practice.changed(["envelopes"]);
    await waitFor(() =>
      expect(screen.getByTestId("digest-needs-you").textContent).toContain("Nothing needs you"),
    );
  });

  it("is told where it could not be kept that they have seen it", async () => {
    const { user } = await inbox((practice) => {
      practice.digestNow = digest(practice, part());
      practice.fault("digestDismiss", "disk-full");
    });
    await user.click(await screen.findByTestId("digest-seen"));
    await within(await screen.findByTestId("digest")).findByRole("alert");
  });
});
