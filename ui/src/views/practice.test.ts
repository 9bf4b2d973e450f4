import { screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import type { MemoryBackend } from "$lib/backend/testing/memory";
import { inbox, selected } from "$lib/backend/testing/scene";
import { openSession } from "$lib/backend/testing/words";

/** Serious and worse, of what jsdom can tell (colours it cannot). */
async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false } },
    resultTypes: ["violations"],
  });
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
}

/** The page of the practice, opened by its key, with a tab on screen. */
async function practicePage(
  tab: "triage" | "red-flags" | "calendar" = "triage",
  prepare?: (practice: MemoryBackend) => void,
) {
  const scene = await inbox(prepare);
  await waitFor(() => expect(selected()).toBe("t-therriault"));
  await scene.user.keyboard("gp");
  await screen.findByTestId("view-practice");
  if (tab !== "triage") await scene.user.click(screen.getByTestId(`table-tab-${tab}`));
  await screen.findByTestId("table-state");
  return scene;
}

/** The id of what has the focus. */
const focused = () => document.activeElement?.getAttribute("data-testid") ?? document.activeElement?.id ?? "";

describe("the page of the practice", () => {
  it("is opened by a key and from the settings, and left for the inbox", async () => {
    const { user } = await practicePage();
    expect(document.activeElement?.textContent).toBe("The practice");
    await user.click(screen.getByTestId("practice-close"));
    await waitFor(() => expect(screen.queryByTestId("view-practice")).toBeNull());
    await user.keyboard("{Control>},{/Control}");
    await user.click(await screen.findByTestId("table-open-calendar"));
    await screen.findByTestId("zone");
  });

  it("asks before quitting or signing out loses what is not saved", async () => {
    const { practice, user } = await practicePage();
    await user.click(await screen.findByTestId("words-text-0"));
    await user.keyboard("x{Control>}q{/Control}");
    const title = "Your changes of the practice’s tables are not saved.";
    expect(await screen.findByRole("dialog", { name: title })).toBeTruthy();
    expect(practice.callsOf("quit")).toEqual([]);
    expect(practice.callsOf("quitAsks")).toHaveLength(1);
    await user.click(screen.getByTestId("quit-stay"));
    await waitFor(() => expect(screen.queryByTestId("quit-stay")).toBeNull());
    await user.click(screen.getByTestId("practice-close"));
    await user.keyboard("{Control>},{/Control}");
    await user.click(await screen.findByTestId("sign-out"));
    expect((await screen.findByTestId("tables-unsaved")).textContent).toContain(title);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("tables-unsaved")).toBeNull());
    await user.keyboard("{Control>}q{/Control}");
    await user.click(await screen.findByTestId("quit-anyway"));
    await waitFor(() => expect(practice.callsOf("quit")).toEqual([{ withUnsent: false }]));
  });

  it("goes from table to table by the arrows, and keeps what was typed with a dot on its tab", async () => {
    const { user } = await practicePage();
    const field = await screen.findByTestId("words-text-0");
    await user.click(field);
    await user.keyboard("x");
    expect(within(screen.getByTestId("table-tab-triage")).getByText("Changed, not saved")).toBeTruthy();
    screen.getByTestId("table-tab-triage").focus();
    await user.keyboard("{ArrowRight}");
    await screen.findByTestId("rule-search");
    expect(within(screen.getByTestId("table-tab-triage")).getByText("Changed, not saved")).toBeTruthy();
    await user.click(screen.getByTestId("practice-close"));
    await user.keyboard("gp");
    await user.click(await screen.findByTestId("table-tab-triage"));
    expect((await screen.findByTestId<HTMLTextAreaElement>("words-text-0")).value).toContain("x");
  });

  it("keeps what was typed through a locked screen, and not for somebody else", async () => {
    const { practice, tern, user } = await practicePage();
    await user.click(await screen.findByTestId("words-text-0"));
    await user.keyboard("x");
    expect(tern.tables.triage.dirty).toBe(true);
    await tern.lock();
    await screen.findByTestId("view-lock");
    practice.setSession(openSession());
    expect((await screen.findByTestId<HTMLTextAreaElement>("words-text-0")).value).toContain("x");
    practice.setSession({
      kind: "signed-out",
      server: null,
      caFile: null,
      failure: null,
      samplePractice: true,
    });
    expect(tern.tables.triage.draft).toBeNull();
    expect(tern.page).toBe("inbox");
  });

  it("is read only where the role may not change it", async () => {
    const { user } = await practicePage("triage", (one) => (one.mayEdit = false));
    expect((await screen.findByTestId("table-read-only")).textContent).toContain("Only a triage lead");
    expect(screen.queryByTestId("table-save")).toBeNull();
    expect(screen.queryByTestId("words-add")).toBeNull();
    expect(screen.queryByTestId("triage-preview")).toBeNull();
    await user.click(screen.getByTestId("words-text-0"));
    await user.keyboard("x");
    expect(screen.getByTestId("table-state").dataset["changed"]).toBeUndefined();
  });

  it("says where the server has none, and where what it has is of no use", async () => {
    const { practice } = await practicePage("triage", (one) => {
      one.states.triage = { base: null, updated: null, problem: "words[0]: no word", saving: "saved" };
    });
    expect((await screen.findByTestId("table-absent")).textContent).toContain(
      "not in force until it is saved",
    );
    expect(screen.getByTestId("table-problem").textContent).toContain("words[0]: no word");
    expect(practice.callsOf("triageTable").length).toBeGreaterThan(0);
  });
});

describe("saving by key", () => {
  it("waits for the server, then is in force", async () => {
    const { practice, user } = await practicePage();
    await user.click(await screen.findByTestId("words-text-0"));
    await user.keyboard(", inhaler*{Control>}s{/Control}");
    await waitFor(() => expect(practice.callsOf("triageSave")).toHaveLength(1));
    await waitFor(() =>
      expect(screen.getByTestId("table-state").textContent).toContain("in force once it has arrived"),
    );
    practice.arrive("triage");
    await waitFor(() => expect(screen.getByTestId("table-state").dataset["saving"]).toBe("saved"));
  });

  it("goes to the first field that is wrong", async () => {
    const { practice, user } = await practicePage();
    await user.clear(await screen.findByTestId("words-text-1"));
    await user.keyboard("{Control>}s{/Control}");
    await screen.findByTestId("table-wrong");
    await waitFor(() => expect(focused()).toBe("words-text-1"));
    expect(screen.getByTestId("words-text-1").getAttribute("aria-invalid")).toBe("true");
    expect(practice.callsOf("triageSave")).toEqual([]);
  });

  it("asks before it writes over somebody else's change", async () => {
    const { practice, user } = await practicePage("calendar");
    await user.click(await screen.findByTestId("copy-monday"));
    practice.overtake("calendar", { zone: "UTC", weekly: [], closures: [] });
    const clash = await screen.findByTestId("table-clash");
    expect(clash.dataset["clash"]).toBe("moved");
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(focused()).toBe("table-clash"));
    expect(practice.callsOf("hoursSave")).toEqual([]);
    await user.click(screen.getByTestId("table-over"));
    await waitFor(() => expect(practice.callsOf("hoursSave")).toHaveLength(1));
    await waitFor(() => expect(screen.queryByTestId("table-clash")).toBeNull());
  });
});

describe("subject words", () => {
  it("are put in order by Alt and the arrows; the cursor goes along", async () => {
    const { user } = await practicePage();
    await user.click(await screen.findByTestId("words-text-0"));
    await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
    await waitFor(() => expect(focused()).toBe("words-text-1"));
    expect((document.activeElement as HTMLTextAreaElement).value).toContain("refill*");
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await waitFor(() => expect(focused()).toBe("words-text-0"));
  });

  it("keep the focus on a button that can still be pressed", async () => {
    const { user } = await practicePage();
    await user.click(await screen.findByTestId("words-up-1"));
    await waitFor(() => expect(focused()).toBe("words-down-0"));
    await user.keyboard("{Enter}");
    await waitFor(() => expect(focused()).toBe("words-down-1"));
  });

  it("show what the last messages would become", async () => {
    const { user } = await practicePage();
    await user.click(await screen.findByTestId("triage-preview"));
    const result = await screen.findByTestId("preview-result");
    expect(result.textContent).toContain("500 messages looked at");
    expect(result.textContent).toContain("+11");
    expect(result.textContent).toContain("−8");
    expect(result.textContent).toContain("My inhaler is nearly empty");
    expect(result.querySelectorAll("bdi").length).toBeGreaterThan(0);
  });
});

describe("red flags", () => {
  it("are found, chosen by the arrows, and edited after Enter", async () => {
    const { user } = await practicePage("red-flags");
    await user.type(await screen.findByTestId("rule-search"), "lake");
    await user.keyboard("{ArrowDown}{ArrowUp}{Enter}");
    await waitFor(() => expect(focused()).toBe("rule-title"));
    expect(document.activeElement?.textContent).toBe("own-lake-swim");
    await user.click(screen.getByTestId("rule-patterns"));
    await user.keyboard("{Enter}algae");
    expect(screen.getByTestId<HTMLTextAreaElement>("rule-patterns").value).toBe("lake &6 rash\nalgae");
    expect(screen.getByTestId<HTMLInputElement>("rule-reviewed-by").value).toBe("");
    expect(screen.getByTestId("rule-own-lake-swim").dataset["edited"]).toBe("");
  });

  it("say how often people lowered what a rule raised, and are listed by that alone", async () => {
    const { user } = await practicePage("red-flags");
    await screen.findByTestId("rule-en-chest-squeeze");
    expect(screen.queryByTestId("rule-judged")).toBeNull();
    await user.click(screen.getByTestId("rules-false-alarms"));
    expect(
      [...document.querySelectorAll("[data-origin]")].map((one) => one.getAttribute("data-testid")),
    ).toEqual(["rule-en-chest-squeeze"]);
    await user.click(screen.getByTestId("rule-en-chest-squeeze"));
    expect((await screen.findByTestId("rule-judged")).textContent!.trim()).toBe(
      "12 messages dealt with, 3 of them lowered by a person",
    );
    expect(await violations()).toEqual([]);
  });

  it("say how many nobody has reviewed", async () => {
    await practicePage("red-flags");
    expect((await screen.findByTestId("unreviewed")).textContent).toContain("2 of the rules in use");
  });

  it("are switched off by somebody, for a reason", async () => {
    const { practice, user } = await practicePage("red-flags");
    await user.click(await screen.findByTestId("rule-switch-off"));
    await waitFor(() => expect(focused()).toBe("rule-off-by"));
    await user.keyboard("Dr Amara Osei");
    await user.type(screen.getByTestId("rule-off-reason"), "Too many{Enter}");
    await waitFor(() => expect(focused()).toBe("rule-switch-on"));
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(practice.callsOf("redFlagSave")).toHaveLength(1));
    const { rules } = practice.callsOf("redFlagSave")[0] as { rules: { id: string; off: unknown }[] };
    expect(rules.find(({ id }) => id === "en-breathing-short")?.off).toEqual({
      by: "Dr Amara Osei",
      date: "",
      reason: "Too many",
    });
  });

  it("show a pattern that cannot be read beside its rule", async () => {
    const { practice, user } = await practicePage("red-flags");
    practice.wrong = [
      { rule: "en-chest-squeeze", pattern: "chest &", problem: "a number is missing after &" },
    ];
    await user.click(await screen.findByTestId("rule-switch-off"));
    await user.type(screen.getByTestId("rule-off-by"), "Dr Amara Osei");
    await user.type(screen.getByTestId("rule-off-reason"), "Too many{Enter}");
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(focused()).toBe("rule-patterns"));
    expect(
      screen.getByText("chest &: a number is missing after &", { selector: ".wrong span" }),
    ).toBeTruthy();
  });
});

describe("office hours", () => {
  it("are typed", async () => {
    const { practice, user } = await practicePage("calendar");
    await user.click(await screen.findByTestId("period-add-5"));
    await user.clear(document.activeElement as HTMLInputElement);
    await user.keyboard("9h30{Tab}");
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(practice.callsOf("hoursSave")).toHaveLength(1));
    const { content } = practice.callsOf("hoursSave")[0] as { content: { weekly: unknown[] } };
    expect(content.weekly.at(-1)).toEqual({ day: 5, from: "09:30", to: "17:00" });
  });

  it("find their zone by a part of its name", async () => {
    const { tern, user } = await practicePage("calendar");
    await user.clear(await screen.findByTestId("zone"));
    await user.type(screen.getByTestId("zone"), "halif");
    await user.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect(tern.tables.hours.draft?.zone).toBe("America/Halifax"));
  });
});

describe("everybody", () => {
  it.each(["triage", "red-flags", "calendar"] as const)("can use the page: %s", async (tab) => {
    const { user } = await practicePage(tab);
    if (tab === "triage") await user.click(await screen.findByTestId("triage-preview"));
    if (tab === "red-flags") await user.click(await screen.findByTestId("red-flag-preview"));
    await new Promise((done) => setTimeout(done, 0));
    expect(await violations()).toEqual([]);
  });
});
