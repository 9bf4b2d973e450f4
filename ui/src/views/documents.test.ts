import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { DocumentRow } from "$bindings/DocumentRow";
import { titleOf } from "$components/documents/documents.svelte";
import type { MemoryBackend } from "$lib/backend/testing/memory";
import { inbox } from "$lib/backend/testing/scene";
import { envelope } from "$lib/backend/testing/words";

async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false } },
    resultTypes: ["violations"],
  });
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
}

function file(message: string, now: number, change: Partial<DocumentRow> = {}): DocumentRow {
  return {
    file: { message, place: 0 },
    thread: `t-${message}`,
    title: "rash.png",
    size: 240_000,
    sent: now - 3_600_000,
    sender: "Ana Ruiz",
    chart: "leo",
    patient: "Leo Ruiz",
    birthDate: "2019-05-04",
    recordNumber: "MR-117",
    subjectLine: "A rash",
    stuck: false,
    retracted: false,
    mayFile: true,
    ...change,
  };
}

const made: string[] = [];
const givenBack: string[] = [];

beforeEach(() => {
  made.length = 0;
  givenBack.length = 0;
  vi.stubGlobal(
    "URL",
    Object.assign(URL, {
      createObjectURL: (blob: Blob) => {
        made.push(blob.type);
        return `blob:${made.length}`;
      },
      revokeObjectURL: (url: string) => givenBack.push(url),
    }),
  );
});

async function documentsPage(prepare: (practice: MemoryBackend) => void) {
  const opened = await inbox(prepare);
  await waitFor(() => expect(opened.practice.callsOf("rail")).not.toEqual([]));
  await opened.user.keyboard("gd");
  await screen.findByTestId("view-documents");
  return opened;
}

function two(practice: MemoryBackend): void {
  const now = practice.now();
  practice.files = [file("m1", now), file("m2", now, { patient: "Sui-Ling Chan", title: "letter.pdf" })];
  const pdf = {
    form: "pdf" as const,
    mediaType: "application/pdf",
    size: 900_000,
    width: null,
    height: null,
  };
  practice.looks.set("m2", { kind: "ready", ...pdf });
}

describe("the documents", () => {
  it("stand in the rail with their number, and are looked at one at a time", async () => {
    const { user } = await documentsPage(two);
    expect(screen.getByTestId("rail-documents").textContent).toContain("2");
    await user.click(await screen.findByTestId("document-0"));
    const picture = await screen.findByTestId("document-image");
    expect(picture.getAttribute("src")).toBe("blob:1");
    expect(made).toEqual(["image/png"]);
    expect(screen.getByTestId("document-patient").textContent).toContain("Leo Ruiz");
    expect(screen.getByTestId("document-patient").textContent).toContain("MR-117");
    expect(await violations()).toEqual([]);

    await user.click(screen.getByTestId("document-1"));
    await waitFor(() => expect(givenBack).toEqual(["blob:1"]));
    expect(screen.queryByTestId("document-image")).toBeNull();
    expect(made).toEqual(["image/png"]);
  });

  it("are filed as described, and that is undone", async () => {
    const { user, practice } = await documentsPage(two);
    await user.click(await screen.findByTestId("document-0"));
    await screen.findByTestId("document-image");
    const title = screen.getByTestId("document-title");
    expect((title as HTMLInputElement).value).toBe("rash");
    await user.clear(title);
    await user.type(title, "Rash, left forearm");
    await user.click(screen.getByTestId("document-file"));
    await waitFor(() => expect(practice.callsOf("documentFile")).toHaveLength(1));
    const [request] = practice.callsOf("documentFile") as Record<string, unknown>[];
    expect(request).toMatchObject({
      file: { message: "m1", place: 0 },
      chart: "leo",
      title: "Rash, left forearm",
      document: "photo",
    });
    await waitFor(() => expect(practice.files).toHaveLength(1));
    expect((await screen.findByTestId("undo-bar")).textContent).toContain("Rash, left forearm");
    await user.click(screen.getByTestId("undo"));
    await waitFor(() => expect(practice.files).toHaveLength(2));
  });

  it("are not needed, and needed after all", async () => {
    const { user, practice } = await documentsPage(two);
    await user.click(await screen.findByTestId("document-0"));
    await screen.findByTestId("document-image");
    await user.click(screen.getByTestId("document-not-needed"));
    await waitFor(() => expect(practice.files).toHaveLength(1));
    await user.click(await screen.findByTestId("undo"));
    await waitFor(() => expect(practice.callsOf("documentNeeded")).toHaveLength(1));
    expect(practice.callsOf("undo")).toEqual([]);
    expect(practice.files).toHaveLength(2);
  });

  it("that cannot be shown are filed only by somebody who says so", async () => {
    const { user, practice } = await documentsPage(two);
    await user.click(await screen.findByTestId("document-1"));
    const unseen = await screen.findByTestId("document-unseen-too");
    const file = screen.getByTestId("document-file") as HTMLButtonElement;
    expect(file.disabled).toBe(true);
    await user.keyboard("f");
    expect(practice.callsOf("documentFile")).toEqual([]);
    expect(await violations()).toEqual([]);
    await user.click(unseen);
    expect(file.disabled).toBe(false);
    await user.click(file);
    await waitFor(() => expect(practice.callsOf("documentFile")).toMatchObject([{ unseen: true }]));
    // A picture that the page cannot draw was not seen either.
    await user.click(screen.getByTestId("document-0"));
    await fireEvent.error(await screen.findByTestId("document-image"));
    await waitFor(() =>
      expect((screen.getByTestId("document-file") as HTMLButtonElement).disabled).toBe(true),
    );
  });

  it("that are another patient's meanwhile are looked at anew before anything is decided", async () => {
    const { user, practice } = await documentsPage(two);
    await user.click(await screen.findByTestId("document-0"));
    await screen.findByTestId("document-image");
    const [first, ...others] = practice.files;
    practice.files = [{ ...first!, chart: "mia", patient: "Mia Ruiz" }, ...others];
    practice.changed(["documents"]);
    await screen.findByTestId("document-overtaken");
    expect(screen.queryByTestId("document-file")).toBeNull();
    await user.keyboard("f");
    await user.keyboard("d");
    expect(practice.callsOf("documentFile")).toEqual([]);
    expect(practice.callsOf("documentNotNeeded")).toEqual([]);
    expect(await violations()).toEqual([]);
    await user.click(screen.getByText("Look again"));
    await screen.findByTestId("document-image");
    expect(screen.getByTestId("document-patient").textContent).toContain("Mia Ruiz");
    await user.click(screen.getByTestId("document-file"));
    await waitFor(() => expect(practice.callsOf("documentFile")).toMatchObject([{ chart: "mia" }]));
  });

  it("leave one key press to one file", async () => {
    const { user, practice } = await documentsPage(two);
    await user.click(await screen.findByTestId("document-0"));
    await screen.findByTestId("document-image");
    for (const key of ["f", "d"])
      await fireEvent.keyDown(document.activeElement ?? document.body, { key, repeat: true });
    expect(practice.callsOf("documentFile")).toEqual([]);
    expect(practice.callsOf("documentNotNeeded")).toEqual([]);
  });

  it("that are refused are neither shown nor filed", async () => {
    const { user } = await documentsPage((practice) => {
      two(practice);
      practice.looks.set("m1", { kind: "refused", why: "program" });
    });
    await user.click(await screen.findByTestId("document-0"));
    expect((await screen.findByTestId("document-refused")).textContent).toContain("program");
    expect((screen.getByTestId("document-file") as HTMLButtonElement).disabled).toBe(true);
    expect((screen.getByTestId("document-not-needed") as HTMLButtonElement).disabled).toBe(false);
    expect(made).toEqual([]);
    expect(await violations()).toEqual([]);
  });

  it("that the server refused are tried again", async () => {
    const { user, practice } = await documentsPage((made) => {
      made.files = [file("m1", made.now(), { stuck: true })];
    });
    await user.click(await screen.findByText("Try again"));
    await waitFor(() => expect(practice.callsOf("documentRetry")).toHaveLength(1));
    await screen.findByTestId("documents-none");
  });
});

it("what was filed of a message that was taken back is told, until somebody has understood", async () => {
  const { user, practice } = await documentsPage((made) => {
    made.files = [file("m1", made.now(), { retracted: true })];
  });
  await screen.findByText(/still has it: see/u);
  await user.click(await screen.findByTestId("document-0"));
  await screen.findByTestId("document-image");
  await user.keyboard("f");
  await user.keyboard("d");
  expect(practice.callsOf("documentFile")).toEqual([]);
  expect(practice.callsOf("documentNotNeeded")).toEqual([]);
  expect(await violations()).toEqual([]);
  await user.click(screen.getByText("Understood"));
  await waitFor(() => expect(practice.callsOf("documentGiveUp")).toHaveLength(1));
});

it("what was not needed is needed after all, from its message", async () => {
  const { user, practice } = await inbox((made) => {
    made.queues.set("mine", [envelope("t-scan", made.now(), { patientName: "Leo Ruiz", attachments: 2 })]);
    made.dismissed.add("m-t-scan 1");
  });
  await user.keyboard("{Enter}");
  const again = await screen.findByTestId("file-needed-1");
  expect(screen.queryByTestId("file-needed-0")).toBeNull();
  expect(await violations()).toEqual([]);
  await user.click(again);
  await waitFor(() =>
    expect(practice.callsOf("documentNeeded")).toEqual([{ file: { message: "m-t-scan", place: 1 } }]),
  );
});

it("a title starts as the sender's, without the ending", () => {
  expect(titleOf({ title: "Arm 2.jpeg", subjectLine: "A rash" })).toBe("Arm 2");
  expect(titleOf({ title: "v1.2 of it", subjectLine: "A rash" })).toBe("v1.2 of it");
  expect(titleOf({ title: "", subjectLine: "A rash" })).toBe("A rash");
  expect([...titleOf({ title: "😀".repeat(300), subjectLine: "" })]).toHaveLength(200);
});

it("a touch warns of files that nobody has filed, and can be closed all the same", async () => {
  const { user, practice } = await inbox((made) => {
    made.queues.set("mine", [envelope("t-scan", made.now(), { patientName: "Leo Ruiz", attachments: 2 })]);
  });
  await user.keyboard("{Enter}");
  expect((await screen.findByTestId("unfiled")).textContent).toContain("2 files");
  expect(await violations()).toEqual([]);
  await user.keyboard("e");
  await waitFor(() => expect(practice.callsOf("touchClose")).toHaveLength(1));
});
