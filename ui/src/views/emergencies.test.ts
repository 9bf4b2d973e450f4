import { screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import type { EmergencyRow } from "$bindings/EmergencyRow";
import type { EmergencyTold } from "$bindings/EmergencyTold";
import { linesOf } from "$components/emergency/emergencies.svelte";
import type { MemoryBackend } from "$lib/backend/testing/memory";
import { inbox } from "$lib/backend/testing/scene";
import { addressProblem } from "$lib/tables/emergency-address.svelte";

const MINUTE = 60_000;

async function isAccessible(): Promise<void> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false } },
    resultTypes: ["violations"],
  });
  const said = result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
  expect(said).toEqual([]);
}

function row(item: string, told: EmergencyTold, minutes = 3): EmergencyRow {
  return { item, thread: `t-${item}`, sent: Date.now() - minutes * MINUTE, told };
}
const called = (name: string | null): EmergencyTold => ({
  kind: "called",
  name,
  at: Date.now() - 2 * MINUTE,
  next: Date.now() + 3 * MINUTE,
});
const held = (name: string, mine: boolean, left: number): EmergencyTold => ({
  kind: "held",
  name,
  mine,
  until: Date.now() + left,
});
const waits =
  (...rows: EmergencyRow[]) =>
  (practice: MemoryBackend) => {
    practice.board = { ...practice.board, rows };
  };

describe("the banner of an emergency", () => {
  it("says who was called and who has it, and takes “I have it” by key", async () => {
    const { practice, user } = await inbox(waits(row("w1", called("Dr Nadia Haddad"))));
    const line = await screen.findByTestId("emergency-line");
    expect(line.textContent).toMatch(/Emergency, 3 min: Dr Nadia Haddad was called 2 min ago/);
    await isAccessible();
    await user.keyboard("h");
    await waitFor(() => expect(screen.getByTestId("emergency-line").dataset["told"]).toBe("mine"));
    expect(practice.callsOf("emergencyHave")).toEqual([{ item: "w1" }]);
    expect(screen.queryByTestId("emergency-have")).toBeNull();
    expect(screen.getByTestId("emergency-line").textContent).toMatch(/you have it, [45]:\d\d left/);
    await isAccessible();
    // It was answered: the banner goes by itself.
    practice.board = { ...practice.board, rows: [] };
    practice.changed(["emergencies"]);
    await waitFor(() => expect(screen.queryByTestId("emergency")).toBeNull());
  });

  it("asks for “Still mine” in the last minute", async () => {
    const { practice, user } = await inbox(waits(row("w1", held("Dr Amara Osei", true, 40_000))));
    const still = await screen.findByTestId("emergency-have");
    expect(still.textContent).toContain("Still mine");
    await user.click(still);
    await waitFor(() => expect(screen.queryByTestId("emergency-have")).toBeNull());
    expect(practice.callsOf("emergencyHave")).toHaveLength(1);
  });

  it("tells a screen reader how it stands and never the seconds", async () => {
    await inbox(waits(row("w1", held("Dr Amara Osei", true, 40_000))));
    const heard = await screen.findAllByText(/you have it for less than a minute more/);
    expect(heard.some((one) => one.getAttribute("role") === "status")).toBe(true);
    for (const one of heard) expect(one.textContent).not.toMatch(/\d/);
    expect(screen.getByText(/left$/).getAttribute("aria-hidden")).toBe("true");
  });

  it("says in words why it is not theirs, and that the server has not said so", async () => {
    const { practice, user } = await inbox(waits(row("w1", { kind: "nobody" })));
    await screen.findByTestId("emergency-line");
    practice.taken = { kind: "not-confirmed" };
    await user.keyboard("h");
    expect((await screen.findByTestId("emergency-said")).textContent).toContain("goes on being called");
    practice.taken = { kind: "somebody", name: "Dr Nadia Haddad" };
    await user.keyboard("h");
    await waitFor(() =>
      expect(screen.getByTestId("emergency-said").textContent).toBe("Dr Nadia Haddad said so before you."),
    );
    practice.taken = { kind: "over" };
    await user.keyboard("h");
    expect((await screen.findByTestId("notice")).textContent).toContain("dealt with");
    practice.fault("emergencyHave", "not-allowed");
    await user.keyboard("h");
    await waitFor(() => expect(screen.getByTestId("emergency-said")).toBeTruthy());
    await isAccessible();
  });

  it("goes to the thread by key, and names the patient only where the list does", async () => {
    const told = row("w1", called(null));
    const { user } = await inbox(waits({ ...told, thread: "t-therriault" }, row("w2", { kind: "nobody" })));
    const line = await screen.findByTestId("emergency-line");
    expect(line.textContent).toContain("everybody was called");
    expect(line.textContent).toContain("and 1 more");
    await waitFor(() => expect(screen.getByTestId("emergency-open").textContent).toContain("Thériault"));
    await user.keyboard("ge");
    await waitFor(() => expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope"));
  });

  it("names who is on duty where this machine could not post", async () => {
    await inbox((practice) => {
      practice.board = {
        rows: [row("w1", { kind: "nobody" })],
        isPosted: true,
        isUnheard: true,
        onDuty: ["Dr Nadia Haddad"],
      };
    });
    expect((await screen.findByTestId("emergency-unheard")).textContent).toContain(
      "Call whoever is on duty: Dr Nadia Haddad.",
    );
  });

  it("shows what nobody has before what somebody has, and what is called for before what never will be", () => {
    const now = Date.now();
    const [old, ours, theirs, new_] = [
      row("old", { kind: "nobody" }, 900),
      row("ours", held("Dr Amara Osei", true, 4 * MINUTE)),
      row("theirs", held("Mia Tran", false, 4 * MINUTE)),
      row("new", called("Mia Tran"), 1),
    ];
    const shown = (...rows: EmergencyRow[]) => linesOf(rows, now).map((line) => line.row.item);
    expect(shown(old, ours, theirs, new_)).toEqual(["new", "ours"]);
    expect(shown(old, theirs)).toEqual(["old"]);
    expect(shown(theirs, ours)).toEqual(["ours"]);
    expect(shown(theirs)).toEqual(["theirs"]);
    // Whoever has not said so again has it no more.
    expect(linesOf([theirs], now + 5 * MINUTE)[0]?.stand).toBe("due");
  });
});

describe("where nothing is posted", () => {
  it("that is said, with the way to the table for who may set it", async () => {
    const { user } = await inbox((practice) => (practice.board = { ...practice.board, isPosted: false }));
    expect((await screen.findByTestId("emergency-nowhere")).textContent).toContain(
      "Emergencies are seen only while Tern is open.",
    );
    await isAccessible();
    await user.click(await screen.findByTestId("emergency-set"));
    await screen.findByTestId("webhook");
  });

  it("is said to everybody, and the way shown to none who cannot go it", async () => {
    await inbox((practice) => {
      practice.mayEdit = false;
      practice.board = { ...practice.board, isPosted: false };
    });
    await screen.findByTestId("emergency-nowhere");
    expect(screen.queryByTestId("emergency-set")).toBeNull();
  });
});

/** The table of emergencies on screen. */
async function table(prepare?: (practice: MemoryBackend) => void) {
  const scene = await inbox(prepare);
  await scene.user.keyboard("gp");
  await screen.findByTestId("view-practice");
  await scene.user.click(screen.getByTestId("table-tab-emergencies"));
  await screen.findByTestId("webhook");
  return scene;
}

describe("the table of emergencies", () => {
  it("takes an address, tries it, and saves it by key", async () => {
    const { practice, user } = await table();
    await user.click(screen.getByTestId("webhook"));
    await user.keyboard("https://pager.example/tern");
    await user.click(screen.getByTestId("webhook-try"));
    await waitFor(() => expect(screen.getByTestId("webhook-tried").dataset["tried"]).toBe("taken"));
    expect(practice.callsOf("webhookTry")).toEqual([{ webhook: "https://pager.example/tern" }]);
    practice.tried = { kind: "refused", status: 503 };
    await user.click(screen.getByTestId("webhook-try"));
    await waitFor(() => expect(screen.getByTestId("webhook-tried").textContent).toContain("503"));
    await isAccessible();
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(practice.callsOf("emergencySave")).toHaveLength(1));
    practice.refuse("emergencies");
    expect((await screen.findByTestId("table-clash")).dataset["clash"]).toBe("refused");
  });

  it("says what is wrong with an address before it is sent", async () => {
    const { practice, user } = await table();
    await user.click(screen.getByTestId("webhook"));
    await user.keyboard("http://pager.example/tern{Control>}s{/Control}");
    await waitFor(() => expect(screen.getByTestId("table-wrong").textContent).toContain("Only https"));
    expect(practice.callsOf("emergencySave")).toEqual([]);
    expect(addressProblem("")).toBeNull();
    expect(addressProblem(" https://pager.example ")).toBeNull();
    expect(addressProblem("http://127.0.0.1:9000/page")).toBeNull();
    expect(addressProblem("pager")).toBe("pager.wrong.address");
    expect(addressProblem("http://127.evil.example/")).toBe("pager.wrong.secure");
    expect(addressProblem("ftp://pager.example")).toBe("pager.wrong.secure");
    expect(addressProblem("https://me:word@pager.example")).toBe("pager.wrong.password");
  });

  it("is read only for others", async () => {
    await table((practice) => (practice.mayEdit = false));
    expect(screen.getByTestId<HTMLInputElement>("webhook").readOnly).toBe(true);
    expect(screen.queryByTestId("webhook-try")).toBeNull();
    await isAccessible();
  });

  it("puts somebody on duty, and ends it", async () => {
    const { practice, user } = await table((one) => (one.mayPlanOthers = true));
    const who = await screen.findByTestId("duty-who");
    who.focus();
    await user.keyboard("m");
    await waitFor(() => expect(who.textContent).toContain("Mia Tran"));
    await user.click(screen.getByTestId("duty-save"));
    expect(document.activeElement?.id).toBe("duty-until-date");
    expect(practice.callsOf("dutySave")).toEqual([]);
    await user.click(screen.getByTestId("duty-endless"));
    await user.click(screen.getByTestId("duty-save"));
    const duty = await screen.findByTestId("duty-row");
    expect(practice.callsOf("dutySave")).toEqual([{ who: "PractitionerRole/mia", from: null, until: null }]);
    expect(within(duty).getByText("Now")).toBeTruthy();
    await isAccessible();
    await user.click(screen.getByTestId("duty-end"));
    await waitFor(() => expect(screen.queryByTestId("duty-row")).toBeNull());
    expect(screen.getByTestId("duty-said").textContent).toContain("Ended");
  });

  it("says what is wrong with a duty, and lets one that was refused be given up", async () => {
    const { practice, user } = await table((one) => {
      one.served = { kind: "wrong", warning: "past" };
      one.duties = [
        {
          id: "d9",
          who: "PractitionerRole/osei",
          name: "Dr Amara Osei",
          from: Date.now(),
          until: null,
          now: false,
          mayEnd: true,
          saving: "refused",
        },
      ];
    });
    expect(screen.queryByTestId("duty-who")).toBeNull();
    await user.click(await screen.findByTestId("duty-endless"));
    await user.click(screen.getByTestId("duty-save"));
    await waitFor(() => expect(screen.getByTestId("duty-said").textContent).toContain("It is over already"));
    await isAccessible();
    await user.click(screen.getByTestId("duty-give-up"));
    await waitFor(() => expect(practice.callsOf("dutyEnd")).toEqual([{ id: "d9", giveUp: true }]));
  });
});
