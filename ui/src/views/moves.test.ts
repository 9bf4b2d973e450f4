import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { inbox, rows, selected } from "$lib/backend/testing/scene";
import { envelope } from "$lib/backend/testing/words";

/** Leo's row as it is shown. */
const LEO = { thread: "t-leo", urgency: expect.any(String) as string };

async function atTheList() {
  const scene = await inbox();
  await waitFor(() => expect(selected()).toBe("t-therriault"));
  await waitFor(() => expect(scene.practice.callsOf("destinations").length).toBeGreaterThan(0));
  await screen.findAllByText("2");
  return scene;
}

describe("routing from the list", () => {
  it("takes one key, and the next row is selected", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("j2");
    await waitFor(() => expect(practice.callsOf("decide")).toHaveLength(1));
    expect(practice.callsOf("decide")[0]).toEqual({
      rows: [LEO],
      decision: { kind: "route", to: { kind: "pool", pool: "pool/nurses" }, note: "" },
    });
    await waitFor(() => expect(rows()).not.toContain("t-leo"));
    expect(selected()).not.toBe("t-therriault");
    await screen.findByText("Leo Ruiz routed to Nurse triage.");
    expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope");
  });

  it("is undone with one key, and nothing opens", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("j2");
    await waitFor(() => expect(rows()).not.toContain("t-leo"));
    await screen.findByTestId("undo-bar");
    await user.keyboard("z");
    await waitFor(() => expect(rows()).toContain("t-leo"));
    expect(practice.callsOf("touchView")).toEqual([]);
    expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope");
  });

  it("moves the marked rows together, and says who has one that stayed", async () => {
    const { practice, user } = await atTheList();
    practice.heldByOthers.set("t-bart", "Mia Tran");
    await user.keyboard("jxx");
    expect(screen.getByTestId("marked").textContent).toContain("2 marked");
    await user.keyboard("3");
    await waitFor(() => expect(practice.callsOf("decide")).toHaveLength(1));
    const { rows: sent } = practice.callsOf("decide")[0] as { rows: { thread: string }[] };
    expect(sent.map(({ thread }) => thread)).toEqual(["t-leo", "t-bart"]);
    await waitFor(() => expect(rows()).not.toContain("t-leo"));
    await waitFor(() => expect(rows()).toContain("t-bart"));
    expect(screen.getByTestId("held-by").textContent).toContain("Mia Tran is at work");
    expect(screen.queryByTestId("marked")).toBeNull();
  });

  it("finds a person by the beginning of the name, with a note", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("ja");
    await screen.findByTestId("route-search");
    await user.keyboard("tran");
    await user.click(screen.getByTestId("route-note"));
    await user.keyboard("Could you call the pharmacy?{Enter}");
    await waitFor(() => expect(practice.callsOf("decide")).toHaveLength(1));
    expect(practice.callsOf("decide")[0]).toEqual({
      rows: [LEO],
      decision: {
        kind: "route",
        to: { kind: "member", member: "PractitionerRole/mia" },
        note: "Could you call the pharmacy?",
      },
    });
  });

  it("routes by the pool's digit inside the dialog as well", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("ja");
    await screen.findByTestId("route-search");
    await user.keyboard("1");
    await waitFor(() => expect(practice.callsOf("decide")).toHaveLength(1));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
});

describe("a question", () => {
  it("is about what was under the hand when it was asked, whatever comes meanwhile", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("{Home}a");
    await screen.findByTestId("route-search");
    practice.queues.get("mine")!.unshift(envelope("t-new", practice.now(), { urgency: "emergency" }));
    practice.changed(["envelopes"], ["t-new"]);
    await user.keyboard("2");
    await waitFor(() => expect(practice.callsOf("decide")).toHaveLength(1));
    const { rows: sent } = practice.callsOf("decide")[0] as { rows: { thread: string }[] };
    expect(sent.map(({ thread }) => thread)).toEqual(["t-therriault"]);
  });
});

describe("urgency", () => {
  it("is raised with two keys and lowered with a reason only", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("ju");
    await screen.findByTestId("urgency");
    await user.keyboard("4");
    await waitFor(() => expect(practice.callsOf("decide")).toHaveLength(1));
    expect(practice.callsOf("decide")[0]).toEqual({
      rows: [LEO],
      decision: { kind: "urgency", level: "emergency", reason: "" },
    });
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

    await user.keyboard("{Home}u");
    await screen.findByTestId("urgency");
    await user.keyboard("1");
    expect(practice.callsOf("decide")).toHaveLength(1);
    await user.type(await screen.findByTestId("urgency-reason"), "Spoken to on the phone{Enter}");
    await waitFor(() => expect(practice.callsOf("decide")).toHaveLength(2));
    expect((practice.callsOf("decide")[1] as { decision: unknown }).decision).toEqual({
      kind: "urgency",
      level: "routine",
      reason: "Spoken to on the phone",
    });
  });
});

describe("an open touch", () => {
  it("ends by the digit of a pool", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("j{Enter}");
    await screen.findByTestId("composer");
    await user.keyboard("3");
    await waitFor(() => expect(practice.callsOf("touchHandOn")).toHaveLength(1));
    expect(practice.callsOf("touchHandOn")[0]).toEqual({
      thread: "t-leo",
      workItems: ["Task/t-leo"],
      outcome: { kind: "routed", to: { kind: "pool", pool: "pool/refills" } },
      note: "",
    });
    await screen.findByText("Leo Ruiz routed to Refills.");
  });

  it("types digits into the reply and routes nothing", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("j{Enter}");
    await screen.findByTestId("composer");
    await user.keyboard("r3 times a day");
    expect(practice.callsOf("touchHandOn")).toEqual([]);
  });

  it("is called: the number, and how it ended", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("j{Enter}");
    await screen.findByTestId("composer");
    await user.keyboard("c");
    await screen.findByTestId("call");
    await user.keyboard("3");
    await waitFor(() => expect(practice.callsOf("touchHandOn")).toHaveLength(1));
    expect(practice.callsOf("touchHandOn")[0]).toMatchObject({
      outcome: { kind: "call", result: "voicemail" },
      note: "Called: left a voicemail.",
    });
  });

  it("wants a visit, which stays where it is or goes to whoever books", async () => {
    const { practice, user } = await atTheList();
    await user.keyboard("j{Enter}");
    await screen.findByTestId("composer");
    await user.keyboard("v");
    await screen.findByTestId("route");
    await user.keyboard("0");
    await waitFor(() => expect(practice.callsOf("touchHandOn")).toHaveLength(1));
    expect(practice.callsOf("touchHandOn")[0]).toMatchObject({ outcome: { kind: "visit", pool: null } });
  });
});
