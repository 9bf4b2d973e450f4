import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import type { MemoryBackend } from "$lib/backend/testing/memory";
import { inbox } from "$lib/backend/testing/scene";
import { envelope } from "$lib/backend/testing/words";

/** Serious and worse, of what jsdom can tell (colours it cannot). */
async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false } },
    resultTypes: ["violations"],
  });
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
}

function waits(practice: MemoryBackend): void {
  practice.queues.set("mine", [
    envelope("t-leo", practice.now(), { patientName: "Leo Ruiz", usualMinutes: 4 }),
    envelope("t-chan", practice.now(), { patientName: "Sui-Ling Chan", usualMinutes: 6 }),
    envelope("t-bart", practice.now(), { patientName: "Bartholomew Okonkwo-Lindqvist", usualMinutes: 1 }),
    envelope("t-jean", practice.now(), { patientName: "Jean-Marc Desrosiers", usualMinutes: 2 }),
  ]);
}

/** The page, opened by its key, before a block. */
async function nowPage(prepare: (practice: MemoryBackend) => void = waits) {
  const opened = await inbox(prepare);
  await waitFor(() => expect(opened.practice.callsOf("rail")).not.toEqual([]));
  await opened.user.keyboard("gb");
  await screen.findByTestId("block-fits");
  return opened;
}

/** The page in a block of that many minutes. */
async function block(minutes: number, prepare?: (practice: MemoryBackend) => void) {
  const opened = await nowPage(prepare);
  await opened.user.keyboard(`${minutes}{Enter}`);
  await screen.findByTestId("block-sum");
  return opened;
}

const offered = () => screen.getByTestId("pane").querySelector("h2")?.textContent;

describe("now", () => {
  it("says what fits while the minutes are typed", async () => {
    const { user } = await nowPage();
    await user.keyboard("8");
    await waitFor(() =>
      expect(screen.getByTestId("block-fits").textContent?.replace(/\s+/g, " ").trim()).toBe(
        "3 envelopes fit: usually 7 min together. 1 more waits for another time.",
      ),
    );
    await user.click(screen.getByText("30 min"));
    await waitFor(() => expect(screen.getByTestId("block-fits").textContent).toContain("4 envelopes fit"));
    expect(await violations()).toEqual([]);
  });

  it("brings the next one that fits after each outcome, and the list is not visited in between", async () => {
    const { practice, user } = await block(8);
    expect(offered()).toContain("Leo Ruiz");
    expect(screen.queryByTestId("list")).toBeNull();
    expect(await violations()).toEqual([]);

    await user.keyboard("{Enter}");
    await screen.findByTestId("composer");
    await user.keyboard("e");
    // Six minutes do not fit into the four that Leo's left; one does.
    await waitFor(() => expect(offered()).toContain("Bartholomew"));
    await waitFor(() => expect(screen.getByTestId("block-sum").textContent).toContain("1 done"));
    expect(practice.callsOf("touchClose")).toHaveLength(1);
    expect(screen.getByTestId("view-now")).toBeTruthy();

    await user.keyboard("z");
    await screen.findByTestId("composer");
    expect(screen.getByTestId("view-now")).toBeTruthy();
  });

  it("passes over what is not for now, and offers it again when it is asked", async () => {
    const { practice, user } = await block(4);
    await user.keyboard("j");
    await waitFor(() => expect(offered()).toContain("Bartholomew"));
    await user.keyboard("jj");
    expect((await screen.findByTestId("block-nothing")).textContent).toContain("Nothing more fits 4 min");
    expect(practice.callsOf("touchStart")).toEqual([]);
    await user.click(screen.getByText("Offer them again"));
    await waitFor(() => expect(offered()).toContain("Leo Ruiz"));
  });

  it("leaves what is under the hand where it is when something urgent comes", async () => {
    const { practice, user } = await block(8);
    const urgent = envelope("t-new", practice.now(), {
      patientName: "Ngozi Okafor",
      urgency: "urgent",
      usualMinutes: 5,
    });
    practice.queues.get("mine")!.unshift(urgent);
    practice.changed(["envelopes"], ["t-new"]);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Urgent: a message about Ngozi Okafor came meanwhile.");
    expect(offered()).toContain("Leo Ruiz");
    await user.keyboard("n");
    await waitFor(() => expect(offered()).toContain("Ngozi Okafor"));
  });

  it("says who was first, and goes on with the next", async () => {
    const { user } = await block(8, (practice) => {
      waits(practice);
      practice.takenBy.set("t-leo", {
        name: "Mia Tran",
        me: false,
        since: practice.now() - 60_000,
        lapsed: false,
      });
    });
    await user.keyboard("{Enter}");
    expect((await screen.findByTestId("notice")).textContent).toContain("Leo Ruiz: Mia Tran is answering");
    await waitFor(() => expect(offered()).toContain("Bartholomew"));
  });

  it("offers what is urgent though it does not fit, and says so", async () => {
    await block(3, (practice) =>
      practice.queues.set("mine", [
        envelope("t-new", practice.now(), {
          patientName: "Ngozi Okafor",
          urgency: "urgent",
          usualMinutes: 5,
        }),
      ]),
    );
    expect(offered()).toContain("Ngozi Okafor");
    expect(screen.getByText(/does not fit 3 min/)).toBeTruthy();
  });

  it("ends when it is told to, and starts nothing while none runs", async () => {
    const { practice, user } = await block(8);
    await user.keyboard("gx");
    await screen.findByTestId("block-begin");
    (document.activeElement as HTMLElement).blur();
    await user.keyboard("{Enter}");
    expect(practice.callsOf("touchStart")).toEqual([]);
  });

  it("starts nothing by an Enter that is still held down from the field", async () => {
    const { practice } = await block(8);
    await waitFor(() => expect(offered()).toContain("Leo Ruiz"));
    for (let times = 0; times < 3; times += 1) {
      await fireEvent.keyDown(document.activeElement ?? document.body, { key: "Enter", repeat: true });
    }
    expect(practice.callsOf("touchStart")).toEqual([]);
    await fireEvent.keyDown(document.activeElement ?? document.body, { key: "Enter" });
    await screen.findByTestId("composer");
    expect(practice.callsOf("touchStart")).toEqual([{ thread: "t-leo" }]);
  });

  it("offers no way back to a list that is not beside it", async () => {
    const { user } = await block(8);
    expect(offered()).toContain("Leo Ruiz");
    expect(screen.queryByText("Back to the list")).toBeNull();
    await user.keyboard("gm");
    await screen.findByTestId("list");
    expect(screen.getByText("Back to the list")).toBeTruthy();
  });

  it("says that nothing waits", async () => {
    await nowPage((practice) => practice.queues.set("mine", []));
    expect((await screen.findByTestId("block-fits")).textContent).toContain("Nothing waits for you.");
  });
});
