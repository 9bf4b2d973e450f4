import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { instantOf } from "$components/away/away.svelte";
import { inbox, rows } from "$lib/backend/testing/scene";
import { envelope } from "$lib/backend/testing/words";

async function opens(prepare?: Parameters<typeof inbox>[0]) {
  const scene = await inbox(prepare);
  await waitFor(() => expect(scene.practice.callsOf("away").length).toBeGreaterThan(0));
  await scene.user.keyboard("ga");
  const dialog = await screen.findByTestId("away");
  return { ...scene, dialog };
}

/** By the first letter, as one does with a list that is closed. */
async function choosesMia({ user }: Awaited<ReturnType<typeof opens>>) {
  const list = screen.getByTestId("away-stand-in");
  list.focus();
  await user.keyboard("m");
  await waitFor(() => expect(list.textContent).toContain("Mia Tran"));
}

describe("an absence", () => {
  it("is from now on, for everything, until somebody ends it, where nothing else is said", async () => {
    const scene = await opens();
    await choosesMia(scene);
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
    await scene.user.click(screen.getByTestId("away-end"));
    await waitFor(() => expect(screen.queryByTestId("away-row")).toBeNull());
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
    await scene.user.click(screen.getByTestId("away-save"));
    await waitFor(() => expect(screen.getByTestId("away-said").textContent).toContain("in a circle"));
    expect(screen.queryByTestId("away-row")).toBeNull();
    await scene.user.click(screen.getByTestId("away-despite"));
    await screen.findByTestId("away-row");
  });

  it("with somebody who has no right cannot be saved", async () => {
    const scene = await opens((practice) => (practice.planned = { kind: "wrong", warnings: ["no-right"] }));
    await choosesMia(scene);
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

describe("a date", () => {
  it("without a time is the whole day", () => {
    const midnight = (day: number) => new Date(2026, 2, day).getTime();
    expect(instantOf("2026-03-02", "", "from")).toBe(midnight(2));
    expect(instantOf("2026-03-02", "", "until")).toBe(midnight(3));
    expect(instantOf("2026-03-02", "8", "from")).toBe(new Date(2026, 2, 2, 8).getTime());
    expect(instantOf("", "8", "from")).toBeNull();
    expect(instantOf("soon", "", "from")).toBeNaN();
  });
});

describe("whoever stands in", () => {
  it("has a queue that says for whom, and so does every row", async () => {
    const id = "for/PractitionerRole/haddad";
    const { user } = await inbox((practice) => {
      const row = envelope("t-his", practice.now(), { standsInFor: "Dr Noor Haddad" });
      practice.queues.set(id, [row]);
      practice.railNames.set(id, "Dr Noor Haddad");
    });
    const entry = await screen.findByTestId(`rail-${id}`);
    expect(entry.textContent).toContain("For Dr Noor Haddad");
    await user.click(entry);
    await waitFor(() => expect(rows()).toEqual(["t-his"]));
    expect(screen.getByTestId("envelope-t-his").textContent).toContain("for Dr Noor Haddad");
  });
});

describe("whoever was away", () => {
  const row = (thread: string, by: string | null = null) => ({
    thread,
    patientName: "Leo Ruiz",
    subjectLine: `About ${thread}`,
    by,
  });

  it("finds what was closed, what waits and what needs them, until it was read", async () => {
    const { practice, user } = await inbox((practice) => {
      practice.digestNow = {
        from: practice.now() - 86_400_000,
        until: practice.now() - 60_000,
        closed: [row("a", "Mia Tran"), row("b")],
        waiting: [],
        needsYou: [row("t-leo")],
      };
    });
    const part = (name: string) => screen.getByTestId(`digest-${name}`);
    await screen.findByTestId("digest");
    expect(part("needs-you").textContent).toContain("1 needs you");
    expect(part("closed").textContent).toContain("2 were closed by others");
    expect(part("closed").textContent).toContain("by Mia Tran");
    expect(part("waiting").dataset["count"]).toBe("0");
    await user.click(screen.getByTestId("digest-seen"));
    await waitFor(() => expect(screen.queryByTestId("digest")).toBeNull());
    expect(practice.callsOf("digestDismiss")).toHaveLength(1);
  });
});
