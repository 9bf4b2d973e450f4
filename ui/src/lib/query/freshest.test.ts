import { expect, test } from "vitest";
import { Freshest } from "./freshest";

function held<T>(): { answer: Promise<T>; give: (value: T) => void } {
  let give: (value: T) => void = () => {};
  const answer = new Promise<T>((resolve) => (give = resolve));
  return { answer, give };
}

test("an answer that an event overtook is dropped", async () => {
  const freshest = new Freshest();
  let shown = "";
  const asked = held<string>();
  const taken = freshest.ask(
    () => asked.answer,
    (answer) => (shown = answer),
  );
  freshest.heard();
  shown = "offline";
  asked.give("starting");
  await taken;
  expect(shown).toBe("offline");
});

test("an answer that nothing overtook is taken, and of two questions the later one's", async () => {
  const freshest = new Freshest();
  const shown: string[] = [];
  const [first, second] = [held<string>(), held<string>()];
  const take = (answer: string) => shown.push(answer);
  const taken = [freshest.ask(() => first.answer, take), freshest.ask(() => second.answer, take)];
  second.give("new");
  first.give("old");
  await Promise.all(taken);
  expect(shown).toEqual(["new"]);
});
