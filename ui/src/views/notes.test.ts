import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { inbox, selected } from "$lib/backend/testing/scene";
import { message } from "$lib/backend/testing/words";

async function startLeo() {
  const opened = await inbox();
  await waitFor(() => expect(selected()).toBe("t-therriault"));
  await opened.user.keyboard("j{Enter}");
  await screen.findByTestId("composer");
  return opened;
}

/** The hand is in the box for a note. */
async function inTheBox() {
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("note-text")));
}

const DRAFT = "Please bring him in tomorrow at nine.";

async function withMiasDraft(since: Parameters<typeof message>[2][] = []) {
  const opened = await startLeo();
  const { practice } = opened;
  const mia = { side: "inside" as const, author: "Mia Chen", text: DRAFT, draft: true };
  const drafted = message("m-draft", practice.now() - 60_000, mia);
  const later = since.map((change, at) => message(`m-later-${at}`, practice.now() - 30_000, change));
  const messages = practice.touches.get("t-leo")!.messages;
  practice.setTouch("t-leo", { messages: [...messages, drafted, ...later] });
  await screen.findByTestId("message-m-draft");
  return opened;
}

describe("what is said inside the practice", () => {
  it("is written in a box of its own and stands beside, named as what it is", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard("i");
    await inTheBox();
    await user.keyboard("Her mother calls at four.{Control>}{Enter}{/Control}");
    await waitFor(() => expect(screen.queryByTestId("note-text")).toBeNull());
    expect(practice.callsOf("noteWrite")).toEqual([{ thread: "t-leo", text: "Her mother calls at four." }]);
    const note = (await screen.findByText("Her mother calls at four.")).closest("article")!;
    expect(within(note).getByText(/Inside the practice · Dr Amara Osei/)).toBeTruthy();
    expect(practice.callsOf("replySend")).toEqual([]);
  });

  it("keeps its words where it cannot be kept, and says why; and through a closed box", async () => {
    const { practice, user } = await startLeo();
    practice.fault("noteWrite", "disk-full");
    await user.keyboard("i");
    await inTheBox();
    await user.keyboard("He has moved.{Control>}{Enter}{/Control}");
    await screen.findByRole("alert");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("note-text")).toBeNull());
    await user.keyboard("i");
    await inTheBox();
    const field = await screen.findByTestId<HTMLTextAreaElement>("note-text");
    expect(field.value).toBe("He has moved.");
    await user.click(screen.getByTestId("note-write"));
    await waitFor(() => expect(screen.queryByTestId("note-text")).toBeNull());
    expect(practice.callsOf("noteWrite")).toHaveLength(2);
  });
});

describe("a draft that a colleague handed over", () => {
  it("is gone on from by a key, behind what is typed already", async () => {
    const { user } = await withMiasDraft();
    const draft = screen.getByTestId("message-m-draft");
    expect(within(draft).getByText(/Draft handed over, inside the practice · Mia Chen/)).toBeTruthy();
    const composer = screen.getByTestId<HTMLTextAreaElement>("composer");
    await user.keyboard("rDear Ana,");
    (document.activeElement as HTMLElement).blur();
    await user.keyboard("d");
    expect(composer.value).toBe(`Dear Ana,\n\n${DRAFT}`);
    expect(document.activeElement).toBe(composer);
  });

  it("is no longer offered once somebody has written to the patient", async () => {
    await withMiasDraft([{ side: "practice", author: "Dr Amara Osei", text: "Come at nine." }]);
    expect(screen.queryByTestId("draft-take")).toBeNull();
  });
});
