/** The head of an open touch: how soon it wants an answer is said where no list is beside it. */
import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { inbox, selected } from "$lib/backend/testing/scene";
import { envelope } from "$lib/backend/testing/words";
import type { MemoryBackend } from "$lib/backend/testing/memory";

const NAME = "Marie-Antoinette Desrosiers-Vaillancourt de la Bruère-Montferrand";
const soon = () => screen.getByTestId("head-urgency").textContent?.replace(/\s+/g, " ").trim();

function overdue(practice: MemoryBackend): void {
  const due = new Date(practice.now());
  due.setDate(due.getDate() - 1);
  due.setHours(15, 10, 0, 0);
  const row = { patientName: NAME, urgency: "same-day" as const, due: due.getTime() };
  practice.queues.set("mine", [envelope("t-long", practice.now(), row), envelope("t-priya", practice.now())]);
}

async function started(prepare: (practice: MemoryBackend) => void = overdue) {
  const opened = await inbox(prepare);
  await waitFor(() => expect(selected()).toBe("t-long"));
  await opened.user.keyboard("{Enter}");
  await screen.findByTestId("composer");
  return opened;
}

describe("the head of an open touch", () => {
  it("says in words how urgent it is and when it is due", async () => {
    await started();
    expect(screen.getByTestId("patient").contains(screen.getByTestId("head-urgency"))).toBe(true);
    expect(soon()).toBe("Same day was due yesterday 15:10");
  });

  it("says so in French too", async () => {
    await started((practice) => {
      overdue(practice);
      practice.settingsNow = { ...practice.settingsNow, language: "fr" };
    });
    expect(soon()).toBe("Aujourd’hui échu hier 15 h 10");
    expect(screen.getByTestId("patient").querySelector("h2")?.textContent).toBe(NAME);
  });

  it("follows what becomes of it, and keeps it while another queue is looked at", async () => {
    const { practice, user } = await started((one) => {
      overdue(one);
      one.queues.set("urgent", []);
    });
    practice.setTouch("t-long", { urgency: "emergency", due: null });
    await waitFor(() => expect(soon()).toBe("Emergency urgency"));
    await user.keyboard("gu");
    await waitFor(() => expect(screen.queryByTestId("envelope-t-long")).toBeNull());
    expect(soon()).toBe("Emergency urgency");
    // Also what is raised while no list has it.
    practice.setTouch("t-long", { urgency: "urgent" });
    await waitFor(() => expect(soon()).toBe("Urgent urgency"));
  });

  it("says it in a block, where there is no list", async () => {
    const { practice, user } = await inbox(overdue);
    await waitFor(() => expect(practice.callsOf("rail")).not.toEqual([]));
    await user.keyboard("gb");
    await screen.findByTestId("block-fits");
    await user.keyboard("10{Enter}");
    await screen.findByTestId("block-sum");
    await user.keyboard("{Enter}");
    await screen.findByTestId("composer");
    expect(soon()).toBe("Same day was due yesterday 15:10");
  });
});
