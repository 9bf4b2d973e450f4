import { describe, expect, it } from "vitest";
import { queueName, queueNameOf, queueSign } from "./rail";

const osei = { id: "for/PractitionerRole/osei", name: "Dr Amara Osei" };

describe("the queue of somebody who is away", () => {
  it("has their letters in the folded rail, which no pool's name begins with", () => {
    expect(queueSign(osei)).toBe("AO");
    expect(queueSign({ id: "pool/front", name: "Front desk" })).toBe("FD");
  });

  it("has a name also when it is over, and when nobody here knows theirs", () => {
    expect(queueName(osei)).toBe("For Dr Amara Osei");
    expect(queueName({ ...osei, name: "" })).toBe("For somebody who is away");
    expect(queueNameOf(osei.id, [])).toBe("No longer standing in");
  });
});
