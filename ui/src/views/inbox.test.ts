import { screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { inbox, rows, scene, selected } from "$lib/backend/testing/scene";
import { envelope, many } from "$lib/backend/testing/words";

/** Serious and worse, of what jsdom can tell (colours it cannot). */
async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false } },
    resultTypes: ["violations"],
  });
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
}

describe("the list", () => {
  it("keeps what is under the hand where it is: new rows wait until they are let in", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("j");
    const before = rows();
    practice.queues.get("mine")!.unshift(envelope("t-new", practice.now(), { urgency: "urgent" }));
    practice.changed(["envelopes"], ["t-new"]);
    const waiting = await screen.findByTestId("new-rows");
    expect(waiting.textContent).toContain("1 new · Urgent");
    expect(rows()).toEqual(before);
    await user.keyboard("n");
    await waitFor(() => expect(rows()[0]).toBe("t-new"));
    expect(selected()).toBe("t-leo");
    expect(screen.queryByTestId("new-rows")).toBeNull();
  });

  it("lets rows in by itself while nobody has the hand on it", async () => {
    const { practice } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    practice.queues.get("mine")!.unshift(envelope("t-new", practice.now()));
    practice.changed(["envelopes"], ["t-new"]);
    await waitFor(() => expect(rows()[0]).toBe("t-new"));
    expect(screen.queryByTestId("new-rows")).toBeNull();
  });

  it("shows others' claims as they come", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("j");
    const mine = practice.queues.get("mine")!;
    const at = mine.findIndex(({ thread }) => thread === "t-bart");
    const since = practice.now() - 150_000;
    mine[at] = { ...mine[at]!, holder: { name: "Mia Tran", me: false, since, lapsed: false } };
    practice.changed(["envelopes"], ["t-bart"]);
    await waitFor(() =>
      expect(screen.getByTestId("envelope-t-bart").textContent).toContain("Mia Tran is answering"),
    );
  });

  it("has few rows in the page, however long the queue", async () => {
    const { practice } = await inbox((one) => one.queues.set("mine", many(5000, one.now())));
    await waitFor(() => expect(rows().length).toBeGreaterThan(5));
    expect(rows().length).toBeLessThan(40);
    expect(practice.callsOf("envelopes").length).toBeLessThan(5);
  });

  it("remembers the row of each queue", async () => {
    const { user } = await inbox((one) => one.queues.set("unsorted", many(5, one.now())));
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("jjgn");
    await waitFor(() => expect(selected()).toBe("t-0"));
    await user.keyboard("jgm");
    await waitFor(() => expect(selected()).toBe("t-bart"));
    await user.keyboard("gn");
    await waitFor(() => expect(selected()).toBe("t-1"));
  });

  it("is heard with its urgency first, and never by colour alone", async () => {
    await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    const row = screen.getByTestId("envelope-t-therriault");
    const name = row.querySelector(":scope > .visually-hidden")!.textContent;
    expect(name).toMatch(/^Emergency, Marguerite Thériault, Tight chest since lunch/);
    expect(screen.getByTestId("envelope-t-therriault").textContent).toContain("Emergency");
    expect(screen.getByTestId("list").getAttribute("aria-activedescendant")).toBe(
      screen.getByTestId("envelope-t-therriault").id,
    );
  });

  it("lets no name reorder what stands beside it", async () => {
    await inbox((one) =>
      one.queues.set("mine", [
        envelope("t-bidi", one.now(), { patientName: "Leo \u202Eziur\u202C", writer: null }),
      ]),
    );
    const row = await screen.findByTestId("envelope-t-bidi");
    expect(row.textContent).toContain("Leo �ziur�");
    expect(row.querySelector("bdi")?.textContent).toBe("Leo �ziur�");
    expect(document.body.innerHTML).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  });

  it("tells two patients of one name apart by their dates of birth, and nobody else", async () => {
    await inbox((one) => {
      const tremblay = (thread: string, birthDate: string) =>
        envelope(thread, one.now(), { patientName: "Marie Tremblay", birthDate });
      one.queues.set("mine", [
        tremblay("t-old", "1951-11-19"),
        tremblay("t-young", "1988-02-03"),
        envelope("t-priya", one.now()),
      ]);
    });
    const row = await screen.findByTestId("envelope-t-old");
    expect(row.querySelector(".shown")?.textContent).toContain("born 19 Nov 1951");
    expect(row.querySelector(".visually-hidden")?.textContent).toContain("born 19 Nov 1951");
    expect(screen.getByTestId("envelope-t-young").textContent).toContain("born 3 Feb 1988");
    expect(screen.getByTestId("envelope-t-priya").textContent).not.toContain("born");
  });

  it("calls an empty queue a success", async () => {
    await inbox((one) => one.queues.set("mine", []));
    expect(await screen.findByText("Nothing waits.")).toBeTruthy();
  });

  it("gives no all-clear before the server was read", async () => {
    await inbox((one) => {
      one.queues.set("mine", []);
      one.setStatus({ checked: null });
    });
    expect(await screen.findByText("What waits is not known yet.")).toBeTruthy();
    expect(screen.queryByText("Nothing waits.")).toBeNull();
  });

  it("says in place when it cannot be read", async () => {
    await inbox((one) => one.fault("envelopes", "cache"));
    expect((await screen.findByRole("alert")).textContent).toContain("cannot be read or written");
  });
});

describe("the search", () => {
  it("replaces the list while there is something in the field, and gives it back", async () => {
    const { user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("/metformin");
    expect((await screen.findByTestId("hit-t-bart")).textContent).toContain("The text matches");
    expect(screen.queryByTestId("list")).toBeNull();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.getByTestId("list")).toBeTruthy());
    expect(selected()).toBe("t-therriault");
  });

  it("never shows the answer to an older text", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    const search = practice.search.bind(practice);
    const held: (() => void)[] = [];
    practice.search = async (request) => {
      if (request.text === "m") await new Promise<void>((go) => held.push(go));
      return search(request);
    };
    await user.keyboard("/metformin");
    await screen.findByTestId("hit-t-bart");
    held.forEach((go) => go());
    await Promise.resolve();
    expect(screen.getAllByRole("option")).toHaveLength(1);
  });

  it("narrows to the patient of a hit, and widens again", async () => {
    const { user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("/re");
    const only = await screen.findByTestId("only-patient");
    const all = screen.getAllByRole("option").length;
    const name = only.textContent!.trim().replace("Only ", "");
    expect(only.getAttribute("aria-pressed")).toBe("false");
    await user.click(only);
    await waitFor(() => expect(screen.getByTestId("only-patient").getAttribute("aria-pressed")).toBe("true"));
    await waitFor(() => expect(screen.getAllByRole("option").length).toBeLessThan(all));
    for (const hit of screen.getAllByRole("option")) expect(hit.textContent).toContain(name);
    await user.click(screen.getByTestId("only-patient"));
    await waitFor(() => expect(screen.getAllByRole("option")).toHaveLength(all));
  });

  it("says how far back it reaches while the index is built", async () => {
    const { user } = await inbox((one) => {
      one.statusNow = { ...one.statusNow, index: { indexed: 1, total: 9 } };
    });
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("/re");
    expect(await screen.findByText(/texts since/)).toBeTruthy();
  });
});

describe("the window", () => {
  it("has nothing of the inbox in it once it is locked", async () => {
    const { practice, user } = await inbox((one) => (one.pin = "2468"));
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("j{Enter}");
    await screen.findByTestId("composer");
    await user.keyboard("rDear Ana{Control>}{Shift>}L{/Shift}{/Control}");
    await screen.findByTestId("view-lock");
    for (const word of ["Ruiz", "Leo", "Fever", "38.9", "Dear Ana", "Thériault", "Metformin", "Lakeside"]) {
      expect(document.documentElement.outerHTML).not.toContain(word);
    }
    expect(practice.drafts.get("t-leo")).toBe("Dear Ana");
    expect(await violations()).toEqual([]);

    await user.type(screen.getByTestId("pin"), "1111{Enter}");
    expect(await screen.findByText("Not this PIN. 4 tries left.")).toBeTruthy();
    await user.type(screen.getByTestId("pin"), "2468{Enter}");
    const composer = (await screen.findByTestId("composer")) as HTMLTextAreaElement;
    expect(composer.value).toBe("Dear Ana");
  });

  it("goes dark at once when the program says so, a dialog included", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("{Control>}k{/Control}");
    await screen.findByRole("dialog");
    practice.emit("lock", null);
    await screen.findByTestId("view-lock");
    expect(document.documentElement.outerHTML).not.toContain("Thériault");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("runs what is chosen in the palette", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("{Control>}k{/Control}");
    await screen.findByRole("dialog");
    await user.keyboard("check the{Enter}");
    await waitFor(() => expect(practice.callsOf("syncNow")).toHaveLength(1));
  });

  it("speaks French from top to bottom", async () => {
    await inbox((one) => (one.settingsNow = { ...one.settingsNow, language: "fr" }));
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    expect(document.documentElement.lang).toBe("fr");
    expect(screen.getByRole("heading", { name: "Les miens" })).toBeTruthy();
    expect(screen.getByTestId("start").textContent).toContain("Commencer");
    expect(screen.getByTestId("envelope-t-leo").textContent).toContain("pour Leo Ruiz, 6 ans");
    expect(screen.getByTestId("status").textContent).toContain("Tout est envoyé");
  });

  it.each([
    ["the list", ""],
    ["a touch", "j{Enter}"],
    ["the put-back dialog", "j{Enter}{Escape}"],
    ["the palette", "{Control>}k{/Control}"],
    ["the keys", "?"],
    ["the settings", "{Control>},{/Control}"],
    ["a search", "/re"],
  ])("has nothing that axe objects to: %s", async (_name, keys) => {
    const { user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    if (keys !== "") await user.keyboard(keys);
    await new Promise((done) => setTimeout(done, 0));
    expect(await violations()).toEqual([]);
  });
});

describe("signing in", () => {
  const signedOut = {
    kind: "signed-out" as const,
    server: null,
    caFile: null,
    failure: null,
    samplePractice: true,
  };

  it("asks for the address and goes on in the browser", async () => {
    const { practice, user } = await scene((one) => (one.sessionNow = signedOut));
    await user.type(await screen.findByTestId("server"), "fhir.lakeside.example{Enter}");
    expect(practice.callsOf("signIn")).toEqual([{ server: "fhir.lakeside.example", caFile: null }]);
    await user.click(await screen.findByTestId("sign-in-page"));
    expect(practice.callsOf("signInPageOpen")).toHaveLength(1);
    await user.click(screen.getByTestId("sign-in-cancel"));
    expect((await screen.findByTestId("sign-in-failure")).textContent).toContain(
      "The sign-in was cancelled.",
    );
    expect(await violations()).toEqual([]);
  });

  it("tries the sample practice with one press, and says so when it is not installed", async () => {
    const { practice, user } = await scene((one) => (one.sessionNow = signedOut));
    practice.fault("trySamplePractice", "sample-practice-missing");
    await user.click(await screen.findByTestId("sample-practice"));
    expect((await screen.findByRole("alert")).textContent).toContain("tern-practice");
    await user.click(screen.getByTestId("sample-practice"));
    expect(await screen.findByText("Starting the sample practice…")).toBeTruthy();
  });

  it("says what to do about a certificate, and opens the field for it", async () => {
    await scene((one) => (one.sessionNow = { ...signedOut, failure: "certificate" }));
    expect((await screen.findByTestId("sign-in-failure")).textContent).toContain("not trusted");
    expect(screen.getByTestId("ca-file").closest("details")?.open).toBe(true);
  });

  it("can be called back from the browser that was to unlock", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await practice.lockScreen();
    await user.click(await screen.findByTestId("unlock-browser"));
    expect(await screen.findByText(/sign-in page/)).toBeTruthy();
    await user.click(screen.getByTestId("unlock-cancel"));
    expect(practice.callsOf("signInCancel")).toHaveLength(1);
    expect(screen.queryByTestId("unlock-cancel")).toBeNull();
  });

  it("lists what is not sent before it signs out", async () => {
    const { practice, user } = await inbox((one) =>
      one.queues.set("unsent", [envelope("t-leo-2", one.now(), { patientName: "Leo Ruiz" })]),
    );
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("{Control>},{/Control}");
    await user.click(await screen.findByTestId("sign-out"));
    await user.click(await screen.findByTestId("sign-out-confirm"));
    expect(await screen.findByRole("dialog", { name: "1 reply is not sent yet" })).toBeTruthy();
    await user.click(screen.getByTestId("sign-out-anyway"));
    expect(practice.callsOf("signOut")).toEqual([{ withUnsent: false }, { withUnsent: true }]);
    expect(await screen.findByTestId("view-sign-in")).toBeTruthy();
  });

  it("says before it quits that a reply would stay, by key and from the tray", async () => {
    const { practice, user } = await inbox((one) =>
      one.queues.set("unsent", [envelope("t-leo-2", one.now(), { patientName: "Leo Ruiz" })]),
    );
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("{Control>}q{/Control}");
    expect(await screen.findByRole("dialog", { name: "1 reply is not sent yet" })).toBeTruthy();
    expect(await violations()).toEqual([]);
    await user.click(screen.getByTestId("quit-stay"));
    await waitFor(() => expect(screen.queryByTestId("quit-stay")).toBeNull());
    practice.emit("quit", null);
    await user.click(await screen.findByTestId("quit-anyway"));
    expect(practice.callsOf("quit")).toEqual([
      { withUnsent: false },
      { withUnsent: false },
      { withUnsent: true },
    ]);
  });

  it("loses no words that could not be kept: neither by quitting nor by signing out", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("j{Enter}");
    await screen.findByTestId("composer");
    practice.fault("draftSave", "disk-full");
    await user.keyboard("rDear Ana{Control>}q{/Control}");
    expect(await screen.findByRole("dialog", { name: "What you typed could not be kept" })).toBeTruthy();
    expect(practice.callsOf("quit")).toEqual([]);
    await user.click(screen.getByTestId("quit-stay"));
    await waitFor(() => expect(screen.queryByTestId("quit-stay")).toBeNull());
    practice.fault("draftSave", "disk-full");
    await user.type(screen.getByTestId("composer"), "!");
    await user.keyboard("{Control>},{/Control}");
    practice.fault("draftSave", "disk-full");
    await user.click(await screen.findByTestId("sign-out"));
    practice.fault("draftSave", "disk-full");
    await user.click(await screen.findByTestId("sign-out-confirm"));
    await waitFor(() => expect(screen.getByRole("dialog").textContent).toContain("disk"));
    expect(practice.callsOf("signOut")).toEqual([]);
  });

  it("changes a key, and refuses one that is taken", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("{Control>},{/Control}");
    await user.click(await screen.findByRole("button", { name: "Change the key of: Next envelope" }));
    await user.keyboard("p");
    expect((await screen.findByText(/is already “Peek”/)).textContent).toContain("P");
    await user.keyboard("y");
    await user.click(screen.getByRole("button", { name: "Keep" }));
    await waitFor(() => expect(practice.settingsNow.keys).toEqual([{ action: "list.next", keys: "y" }]));
  });
});
