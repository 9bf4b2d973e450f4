/** Words that come into the file beside those that are being typed: none of either is lost. */
import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { inbox, selected } from "$lib/backend/testing/scene";

const BOTH = /stop the new tablets[^]*Today instead/;
const field = () => screen.getByTestId<HTMLTextAreaElement>("composer");

/** The thread with a reply that did not get through, and other words in its field. */
async function typed(words: string) {
  const opened = await inbox((one) => {
    const mine = one.queues.get("mine")!;
    one.queues.set(
      "mine",
      mine.filter(({ thread }) => thread === "t-okafor"),
    );
  });
  await waitFor(() => expect(selected()).toBe("t-okafor"));
  await opened.user.keyboard("{Enter}");
  await screen.findByTestId("delivery-m-okafor-2");
  await opened.user.keyboard(`r${words}`);
  return opened;
}

describe("editing an unsent reply", () => {
  it("is not done where the words in the field cannot be kept, and says why", async () => {
    const { practice, user } = await typed("Today inst");
    const save = practice.draftSave.bind(practice);
    practice.draftSave = () => Promise.reject({ code: "disk-full", detail: null });
    await user.keyboard("ead");
    await user.click(screen.getByTestId("edit-m-okafor-2"));
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full");
    expect(practice.callsOf("messageEdit")).toEqual([]);
    expect(screen.getByTestId("delivery-m-okafor-2")).toBeTruthy();
    expect(field().value).toBe("Today instead");

    practice.draftSave = save;
    await user.click(screen.getByTestId("edit-m-okafor-2"));
    await waitFor(() => expect(field().value).toMatch(BOTH));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("takes no key into the field and sends nothing until both are in it", async () => {
    const { practice, user } = await typed("Today instead");
    const edited = practice.hold("messageEdit");
    await user.click(screen.getByTestId("edit-m-okafor-2"));
    await waitFor(() => expect(practice.callsOf("messageEdit")).toHaveLength(1));
    await user.click(field());
    await user.keyboard(", or tomorrow{Control>}{Enter}{/Control}");
    expect(field().value).toBe("Today instead");
    edited();
    await waitFor(() => expect(field().value).toMatch(BOTH));
    expect(practice.drafts.get("t-okafor")).toMatch(BOTH);
    expect(practice.callsOf("replySend")).toEqual([]);
    await user.keyboard(", or tomorrow{Escape}");
    await waitFor(() => expect(practice.drafts.get("t-okafor")).toMatch(/stop[^]*instead, or tomorrow$/));
  });

  it("leaves what came back in the file where it cannot be shown, and the way to it", async () => {
    const { practice, user } = await typed("Today instead");
    practice.fault("touchView", "cache");
    await user.click(screen.getByTestId("edit-m-okafor-2"));
    await screen.findByTestId("notice");
    expect(screen.queryByTestId("composer")).toBeNull();
    expect(practice.drafts.get("t-okafor")).toMatch(BOTH);
    await user.click(screen.getByTestId("behind-back"));
    await waitFor(() => expect(field().value).toMatch(BOTH));
    expect(practice.drafts.get("t-okafor")).toMatch(BOTH);
  });

  it("goes on in the field where the reply cannot be taken back", async () => {
    const { practice, user } = await typed("Today instead");
    practice.fault("messageEdit", "too-late");
    await user.click(screen.getByTestId("edit-m-okafor-2"));
    await screen.findByRole("alert");
    await user.type(field(), ", or tomorrow{Escape}");
    await waitFor(() => expect(practice.drafts.get("t-okafor")).toBe("Today instead, or tomorrow"));
  });
});

describe("undo of a touch that was started anew meanwhile", () => {
  it("waits for words that cannot be kept, and says why", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("j{Enter}");
    await screen.findByTestId("composer");
    await user.keyboard("{Escape}");
    await screen.findByRole("dialog");
    await user.keyboard("2");
    await screen.findByTestId("undo-bar");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await user.keyboard("k");
    await waitFor(() => expect(selected()).toBe("t-leo"));
    await user.keyboard("{Enter}");
    await screen.findByTestId("composer");
    practice.draftSave = () => Promise.reject({ code: "disk-full", detail: null });
    await user.keyboard("rDear Ana");
    await user.click(screen.getByTestId("undo"));
    expect((await screen.findByTestId("notice")).textContent).toContain("The disk is full");
    expect(practice.callsOf("undo")).toEqual([]);
    expect(field().value).toBe("Dear Ana");
    expect(screen.getByTestId("undo-bar")).toBeTruthy();
  });
});
