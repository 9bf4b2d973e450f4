import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { envelope } from "$lib/backend/testing/words";
import { inbox, rows, selected } from "$lib/backend/testing/scene";

const REPLY = "Dear Ana, please bring Leo in tomorrow at 9.";
const BODY = /38\.9 again last night/;

async function startLeo() {
  const opened = await inbox();
  await waitFor(() => expect(selected()).toBe("t-therriault"));
  await opened.user.keyboard("j{Enter}");
  await screen.findByTestId("composer");
  return opened;
}

describe("one touch, by keyboard", () => {
  it("shows no text before Start, and starts only by the person's wish", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("jkj");
    expect(selected()).toBe("t-leo");
    expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope");
    expect(document.body.textContent).not.toMatch(BODY);
    expect(practice.callsOf("touchStart")).toEqual([]);
  });

  it("goes from Start to the reply, and on to the next envelope without opening it", async () => {
    const { practice, user } = await startLeo();
    expect(screen.getByText(BODY)).toBeTruthy();
    expect(within(screen.getByTestId("patient")).getByText("Ana Ruiz, mother")).toBeTruthy();
    expect(screen.getByTestId("send").hasAttribute("disabled")).toBe(true);

    await user.keyboard("r");
    expect(document.activeElement).toBe(screen.getByTestId("composer"));
    await user.keyboard(`${REPLY}{Control>}{Enter}{/Control}`);

    await screen.findByTestId("undo-bar");
    expect(practice.callsOf("replySend")).toEqual([
      { thread: "t-leo", replyId: "reply-1", text: REPLY, workItems: ["Task/t-leo"] },
    ]);
    expect(selected()).toBe("t-bart");
    expect(rows()).not.toContain("t-leo");
    expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope");
    expect(document.body.textContent).not.toMatch(BODY);
    expect(practice.callsOf("touchStart")).toHaveLength(1);
  });

  it("says what the server refused to close, and has two ways on", async () => {
    const refused = { kind: "refused" as const, status: 403, code: "forbidden" };
    const { practice, user } = await inbox((one) =>
      one.stuck.set("t-leo", { kind: "close", reason: refused }),
    );
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("jp");
    const stuck = await screen.findByTestId("stuck");
    expect(stuck.textContent).toContain(
      "Closing this did not get through. The server refused it (403 forbidden).",
    );
    await user.click(screen.getByTestId("stuck-discard"));
    await waitFor(() => expect(screen.queryByTestId("stuck")).toBeNull());
    expect(practice.callsOf("stuckDiscard")).toEqual([{ thread: "t-leo" }]);
  });

  it("sends a double press once", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard(`r${REPLY}{Control>}{Enter}{Enter}{/Control}`);
    await screen.findByTestId("undo-bar");
    expect(practice.callsOf("replySend")).toHaveLength(1);
  });

  it("takes an outcome back within its seconds, with the text", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard(`r${REPLY}`);
    await waitFor(() => expect(practice.drafts.get("t-leo")).toBe(REPLY));
    await user.keyboard("{Control>}{Enter}{/Control}");
    await screen.findByTestId("undo-bar");
    await user.keyboard("z");
    const composer = (await screen.findByTestId("composer")) as HTMLTextAreaElement;
    expect(composer.value).toBe(REPLY);
    await waitFor(() => expect(rows()).toContain("t-leo"));
    expect(screen.queryByTestId("undo-bar")).toBeNull();
  });

  it("takes a reply back while the next touch is open, which stays open with its words", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard(`r${REPLY}{Control>}{Enter}{/Control}`);
    await screen.findByTestId("undo-bar");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(practice.callsOf("touchStart")).toHaveLength(2));
    await user.keyboard("rDear Bart");
    await user.click(screen.getByTestId("undo"));

    await waitFor(() => expect(screen.getByTestId("patient").textContent).toContain("Leo Ruiz"));
    const composer = () => screen.getByTestId<HTMLTextAreaElement>("composer").value;
    expect(practice.callsOf("undo")).toHaveLength(1);
    expect(practice.drafts.get("t-bart")).toBe("Dear Bart");
    expect(practice.touches.has("t-bart"), "its touch stays open").toBe(true);
    expect(screen.queryByTestId("undo-bar")).toBeNull();
    const name = practice.touches.get("t-bart")!.patient.name;
    expect(screen.getByTestId("behind").textContent).toContain(`${name} is still open too`);

    await user.keyboard("{Escape}o");
    await waitFor(() => expect(composer()).toBe("Dear Bart"));
    expect(screen.getByTestId("behind").textContent).toContain("Leo Ruiz is still open too");
    await user.click(screen.getByTestId("behind-back"));
    await waitFor(() => expect(screen.getByTestId("patient").textContent).toContain("Leo Ruiz"));
    await user.keyboard("e");
    await waitFor(() => expect(screen.getByTestId("behind").textContent).toContain(name));
    expect(practice.callsOf("touchClose")).toEqual([{ thread: "t-leo", workItems: ["Task/t-leo"] }]);
  });

  it("stays with words that cannot be kept, and says that the reply was taken back all the same", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard(`r${REPLY}{Control>}{Enter}{/Control}`);
    await screen.findByTestId("undo-bar");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(practice.callsOf("touchStart")).toHaveLength(2));
    practice.draftSave = () => Promise.reject({ code: "disk-full", detail: null });
    await user.keyboard("rDear Bart{Escape}z");
    expect((await screen.findByTestId("notice")).textContent).toContain(
      "Taken back: nothing was sent. Leo Ruiz",
    );
    expect(practice.callsOf("undo")).toHaveLength(1);
    expect(screen.getByTestId<HTMLTextAreaElement>("composer").value).toBe("Dear Bart");
    expect(screen.getByTestId("behind").textContent).toContain("Leo Ruiz");
  });

  it("waits with what comes back for a start that is under way", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard("e");
    await screen.findByTestId("undo-bar");
    practice.claimTakes = 50;
    await user.keyboard("{Enter}z");
    await waitFor(() => expect(screen.getByTestId("patient").textContent).toContain("Leo Ruiz"));
    expect(practice.touches.has("t-bart")).toBe(true);
    expect(screen.getByTestId("behind")).toBeTruthy();
  });

  it("undoes the urgency of the touch that is open, which stays open", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard("u");
    await screen.findByTestId("urgency");
    await user.keyboard("4");
    await screen.findByTestId("undo-bar");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await user.keyboard("z");
    await waitFor(() => expect(practice.callsOf("undo")).toHaveLength(1));
    expect(screen.getByTestId("pane").dataset["state"]).toBe("open");
  });

  it("keeps the touch open, with the text and the reason, when it cannot be sent", async () => {
    const { practice, user } = await startLeo();
    practice.fault("replySend", "disk-full");
    await user.keyboard(`r${REPLY}{Control>}{Enter}{/Control}`);
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full");
    expect((screen.getByTestId("composer") as HTMLTextAreaElement).value).toBe(REPLY);
    await waitFor(() => expect(selected()).toBe("t-leo"));
  });

  it("is on the next envelope with the key, and starts it once the outcome is settled", async () => {
    const { practice, user } = await startLeo();
    const settled = practice.hold("touchClose");
    await user.keyboard("e");
    expect(selected()).toBe("t-bart");
    expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope");
    expect(document.body.textContent).not.toMatch(BODY);
    await user.keyboard("{Enter}");
    expect(practice.callsOf("touchStart")).toHaveLength(1);
    settled();
    await screen.findByTestId("composer");
    expect(practice.callsOf("touchStart")).toEqual([{ thread: "t-leo" }, { thread: "t-bart" }]);
  });

  it("starts nothing when the hand moved on before the outcome was settled", async () => {
    const { practice, user } = await startLeo();
    const settled = practice.hold("touchClose");
    await user.keyboard("e{Enter}j");
    settled();
    await screen.findByTestId("undo-bar");
    expect(practice.callsOf("touchStart")).toEqual([{ thread: "t-leo" }]);
    expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope");
  });

  it("leaves the field by Esc, and asks for a reason by the next one", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard("rDear{Escape}");
    expect(document.activeElement).not.toBe(screen.getByTestId("composer"));
    expect(screen.queryByRole("dialog")).toBeNull();
    await user.keyboard("{Escape}");
    await screen.findByRole("dialog", { name: "Put Leo Ruiz back?" });
    await user.keyboard("2");
    await waitFor(() =>
      expect(practice.callsOf("touchPutBack")).toEqual([
        { thread: "t-leo", reason: "I must look in the chart first" },
      ]),
    );
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(practice.drafts.get("t-leo")).toBe("Dear");
    expect(rows()).toContain("t-leo");
  });

  it("takes a digit in the reason's own field for the beginning of a reason", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard("{Escape}");
    await user.click(await screen.findByTestId("put-back-reason"));
    await user.keyboard("2 results pending{Enter}");
    await waitFor(() =>
      expect(practice.callsOf("touchPutBack")).toEqual([{ thread: "t-leo", reason: "2 results pending" }]),
    );
  });

  it("asks for an outcome when another envelope is pressed", async () => {
    const { practice, user } = await startLeo();
    await user.click(screen.getByTestId("envelope-t-chan"));
    await screen.findByRole("dialog", { name: "Put Leo Ruiz back?" });
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByTestId("pane").dataset["state"]).toBe("open");
    expect(practice.callsOf("touchPutBack")).toEqual([]);
  });

  it("closes without a reply", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard("e");
    await screen.findByText("Leo Ruiz closed without a reply.");
    expect(practice.callsOf("touchClose")).toEqual([{ thread: "t-leo", workItems: ["Task/t-leo"] }]);
  });

  it("peeks without taking, and forgets the text when the peek ends", async () => {
    const { practice, user } = await inbox();
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("jp");
    await screen.findByText(BODY);
    expect(screen.queryByTestId("composer")).toBeNull();
    expect(practice.callsOf("touchStart")).toEqual([]);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.getByTestId("pane").dataset["state"]).toBe("envelope"));
    expect(document.body.textContent).not.toMatch(BODY);
    expect(practice.callsOf("peekEnd")).toEqual([{ thread: "t-leo" }]);
  });

  it("says who was first, and opens nothing", async () => {
    const { practice, user } = await inbox();
    const since = practice.now() - 150_000;
    practice.takenBy.set("t-therriault", { name: "Mia Tran", me: false, since, lapsed: false });
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("{Enter}");
    expect((await screen.findByTestId("taken")).textContent).toContain("Mia Tran is answering, 2 min");
    expect(screen.queryByTestId("composer")).toBeNull();
    await user.keyboard("jk");
    expect(screen.queryByTestId("taken")).toBeNull();
  });

  it("keeps the draft and refuses to send when somebody else turned out to hold it", async () => {
    const { practice, user } = await startLeo();
    await user.keyboard(`r${REPLY}`);
    const holder = { name: "Dr Samir Haddad", me: false, since: practice.now() - 60_000, lapsed: false };
    practice.setTouch("t-leo", { lostTo: holder });
    expect((await screen.findByTestId("lost")).textContent).toContain("Dr Samir Haddad");
    await user.keyboard("{Control>}{Enter}{/Control}{Escape}e");
    expect(practice.callsOf("replySend")).toEqual([]);
    expect(practice.callsOf("touchClose")).toEqual([]);
    await waitFor(() => expect(practice.drafts.get("t-leo")).toBe(REPLY));
  });

  it("says that the claim waits while offline, and that the patient wrote again", async () => {
    const { practice, user } = await inbox(
      (one) => (one.statusNow = { ...one.statusNow, connection: "offline" }),
    );
    await waitFor(() => expect(selected()).toBe("t-therriault"));
    await user.keyboard("j{Enter}");
    expect((await screen.findByTestId("claim")).textContent).toContain("you are offline");
    practice.setTouch("t-leo", { claimConfirmed: true, wroteAgain: true });
    expect((await screen.findByTestId("wrote-again")).textContent).toContain("Ana Ruiz wrote again");
    expect(screen.queryByTestId("claim")).toBeNull();
  });

  it("offers what fits a reply that did not get through, and takes it back into the composer", async () => {
    const { practice, user } = await inbox((one) => {
      const rowsOf = one.queues.get("mine")!;
      one.queues.set(
        "mine",
        rowsOf.filter(({ thread }) => thread === "t-okafor"),
      );
    });
    await waitFor(() => expect(selected()).toBe("t-okafor"));
    await user.keyboard("{Enter}");
    const delivery = await screen.findByTestId("delivery-m-okafor-2");
    expect(delivery.textContent).toContain("Mia Tran answered");
    expect(screen.queryByTestId("retry-m-okafor-2")).toBeNull();
    expect(screen.getByTestId("send-anyway-m-okafor-2")).toBeTruthy();
    await user.keyboard("rToday instead");
    await user.click(screen.getByTestId("edit-m-okafor-2"));
    await waitFor(() =>
      expect((screen.getByTestId("composer") as HTMLTextAreaElement).value).toMatch(
        /stop the new tablets[^]*Today instead/,
      ),
    );
    expect(practice.callsOf("messageEdit")).toEqual([{ message: "m-okafor-2" }]);
    const order = practice.calls.map(({ name }) => name).filter((name) => /draftSave|messageEdit/.test(name));
    expect(order, "what was being typed is in the file before the old words come back").toEqual([
      "draftSave",
      "messageEdit",
    ]);
  });

  it("shows text as text, and the beginning of a very long one", async () => {
    const { practice, user } = await inbox((one) => {
      one.queues.set("mine", [envelope("t-script", one.now())]);
    });
    await waitFor(() => expect(selected()).toBe("t-script"));
    await user.keyboard("{Enter}");
    await screen.findByTestId("composer");
    const view = practice.touches.get("t-script")!;
    const text = `<img src=x onerror="alert(1)"> {@html} ${"word ".repeat(200_000)}`;
    practice.setTouch("t-script", { messages: [{ ...view.messages[0]!, text }] });
    const message = await screen.findByTestId("message-m-t-script");
    await waitFor(() => expect(message.textContent).toContain('<img src=x onerror="alert(1)">'));
    expect(document.querySelector("img")).toBeNull();
    expect(message.textContent!.length).toBeLessThan(21_000);
    await user.click(within(message).getByRole("button", { name: "Show all" }));
    await waitFor(() => expect(message.textContent!.length).toBeGreaterThan(1_000_000));
  });
});
