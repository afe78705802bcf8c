import { describe, expect, test } from "vitest";
import { type Case, decideCase, patchCase, toDelivery } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import { loadPolicySet } from "./policy-set.ts";
import { DELAY_REASONS, REFUSAL_GROUNDS, THREAD_FACTS } from "./thread-facts.ts";

type Name = keyof typeof THREAD_FACTS;

const DAY = 86_400;
const answer = loadCase("P13-answer.permit");
const asking = answer.message.to[0] ?? "";
const own = answer.message.iss;
const due = answer.history.requests.request?.to[own]?.due ?? 0;

function derive(name: Name, content: Case, recipient = content.message.to[0]): unknown {
  return THREAD_FACTS[name].derive(toDelivery(content, recipient));
}

/** The answer's request in another state, for the answer's sender. */
const withStanding = (standing: unknown) => ({
  history: { requests: { request: { to: { [own]: standing } } } },
});
/** As other kinds name it. */
const delay = (until: number, patch: unknown = {}) =>
  loadCase("P10-before-the-limit.permit", { message: { until }, ...(patch as object) });

describe("deadlineProfile", () => {
  const request = loadCase("P08-not-urgent.duty");

  test("is what the terms of the two countries say", () => {
    expect(derive("deadlineProfile", request)).toBe("2023");
    const patch = { world: { terms: { "AL+RS": { profile: "2006" } } } };
    expect(derive("deadlineProfile", loadCase("P08-not-urgent.duty", patch))).toBe("2006");
  });

  test("is each recipient's own", () => {
    const each = loadCase("P08-each-by-its-terms.duty");
    expect(each.message.to.map((agency) => derive("deadlineProfile", each, agency))).toEqual([
      "2023",
      "2006",
    ]);
  });

  test("is absent without terms, within one country, and for what is no request", () => {
    expect(derive("deadlineProfile", loadCase("P08-no-terms.permit"))).toBeUndefined();
    const within = { world: { terms: { "AL+AL": request.world.terms["AL+RS"] } } };
    const home = loadCase("P08-within-one-country.permit", within);
    expect(derive("deadlineProfile", home)).toBeUndefined();
    expect(derive("deadlineProfile", answer)).toBeUndefined();
  });
});

describe("requestStanding", () => {
  test.each(["open", "clarifying", "answered", "refused"])(
    "is how it stands with the sender: %s",
    (standing) => {
      const kinds = ["P13-answer.permit", "P13-refusal.permit", "P10-before-the-limit.permit"];
      for (const name of [...kinds, "P12-question-back.permit"]) {
        expect(derive("requestStanding", loadCase(name, withStanding({ standing })))).toBe(standing);
      }
    },
  );

  const elsewhere = { standing: "open", due };
  test.each<[string, unknown]>([
    ["is addressed to others", { request: { to: { [own]: null, "AL-SPOC": elsewhere } } }],
    ["has another digest", { request: { ref: { digest: answer.ref.digest } } }],
    ["is by another agency", { request: { ref: { iss: "RS-SPOC" } } }],
    ["is not there", { request: null }],
  ])("is none where the request %s", (_, requests) => {
    expect(derive("requestStanding", loadCase("P13-answer.permit", { history: { requests } }))).toBe("none");
  });

  test("is none for kinds that answer nothing, whatever they name", () => {
    for (const kind of ["notification", "request"]) {
      expect(derive("requestStanding", loadCase("P13-answer.permit", { message: { kind } }))).toBe("none");
    }
  });
});

describe("answersClarification", () => {
  const name = "P13-clarification-answered.permit";
  test("holds for whoever asked, and was sent the question", () => {
    expect(derive("answersClarification", loadCase(name))).toBe(true);
  });

  test.each<[string, unknown]>([
    ["is no question but a notification", { kind: "notification" }],
    ["names another agency's request", { re: { iss: "AL-SPOC" } }],
    ["names nothing", { re: null }],
    ["was not let through to the sender", { holders: ["RS-POLICE"] }],
    ["has another digest", { ref: { digest: answer.ref.digest } }],
  ])("does not where what is answered %s", (_, question) => {
    const patch = { history: { messages: { question } } };
    expect(derive("answersClarification", loadCase(name, patch))).toBe(false);
  });

  test("does not for the sender's own question, nor for what is no answer", () => {
    const { ref } = loadCase(name).history.messages.question ?? {};
    const mine = { ...ref, iss: own };
    const patch = { history: { messages: { question: { ref: mine } } }, message: { re: mine } };
    expect(derive("answersClarification", loadCase(name, patch))).toBe(false);
    expect(derive("answersClarification", loadCase(name, { message: { kind: "notification" } }))).toBe(false);
  });
});

test("askerAddressed: among `to`, not only among the copies", () => {
  expect(derive("askerAddressed", answer)).toBe(true);
  const both = loadCase("P13-answer.permit", { message: { to: ["RS-FIU", asking] } });
  expect(both.message.to.map((agency) => derive("askerAddressed", both, agency))).toEqual([true, true]);
  expect(derive("askerAddressed", loadCase("P13-answer-not-to-the-asker.deny"))).toBe(false);
  const unasked = loadCase("P13-answer.permit", { message: { kind: "notification" } });
  expect(derive("askerAddressed", unasked)).toBe(false);
});

describe("limitPassed", () => {
  test.each([
    [due - 1, false],
    [due, true],
    [due + 1, true],
  ])("by when the exchange received it: %d", (received, expected) => {
    expect(derive("limitPassed", loadCase("P13-answer.permit", { received }))).toBe(expected);
    const decidedLater = loadCase("P13-answer.permit", { received, at: due + 7 * DAY });
    expect(derive("limitPassed", decidedLater)).toBe(expected);
  });

  test("never where no time runs, or it is another's", () => {
    const at = { at: due + DAY };
    const stopped = loadCase("P13-answer.permit", { ...at, ...withStanding({ due: null }) });
    expect(derive("limitPassed", stopped)).toBe(false);
    const others = withStanding(null);
    expect(derive("limitPassed", loadCase("P13-answer.permit", { ...at, ...others }))).toBe(false);
  });
});

describe("a delay's date", () => {
  const toFacts = (content: Case) => [derive("delayAhead", content), derive("delayWithinLimit", content)];

  test("counts from the limit that it puts off", () => {
    expect(toFacts(delay(due))).toEqual([false, true]);
    expect(toFacts(delay(due + 1))).toEqual([true, true]);
    expect(toFacts(delay(due + 31 * DAY))).toEqual([true, true]);
    expect(toFacts(delay(due + 31 * DAY + 1))).toEqual([true, false]);
  });

  test("counts from now where the limit has passed, or none runs", () => {
    const received = due + 40 * DAY;
    for (const patch of [{ received }, { received, ...withStanding({ due: null }) }]) {
      expect(toFacts(delay(received, patch))).toEqual([false, true]);
      expect(toFacts(delay(received + 31 * DAY, patch))).toEqual([true, true]);
      expect(toFacts(delay(received + 31 * DAY + 1, patch))).toEqual([true, false]);
    }
  });

  test("keeps the time of the day over a change of the clocks, in the sender's zone", () => {
    const { message, received = 0 } = loadCase("P10-until-31-days.permit");
    const until = message.kind === "delay" ? message.until : received;
    expect(toFacts(loadCase("P10-until-31-days.permit", { message: { until } }))).toEqual([true, true]);
    const utc = { world: { countries: { AL: { zone: "UTC" } } }, message: { until: until + 3_600 } };
    expect(toFacts(loadCase("P10-until-31-days.permit", utc))).toEqual([true, true]);
    const there = loadCase("P10-until-31-days.permit", { message: { until: until + 3_600 } });
    expect(toFacts(there)).toEqual([true, false]);
  });

  test("is of a delay alone", () => {
    expect(toFacts(answer)).toEqual([false, false]);
  });
});

describe("judgeNeeded", () => {
  const name = "P11-judge-needed-for-a-part.permit";
  const asked = (data: string[]) => ({ history: { requests: { request: { data } } } });

  test("where the own law names a class of data that the request asks for", () => {
    expect(derive("judgeNeeded", loadCase(name))).toBe(true);
    expect(derive("judgeNeeded", loadCase(name, asked(["vehicle"])))).toBe(false);
  });

  test("where the request names no class and that law names any", () => {
    expect(derive("judgeNeeded", loadCase(name, asked([])))).toBe(true);
    const none = { world: { countries: { AL: { judicial: [] } } } };
    expect(derive("judgeNeeded", patchCase(loadCase(name, asked([])), none))).toBe(false);
  });

  test("not by another country's law, nor for a request to others", () => {
    const judicial = ["vehicle", "telecommunications"];
    const abroad = { world: { countries: { AL: { judicial: [] }, RS: { judicial } } } };
    expect(derive("judgeNeeded", loadCase(name, abroad))).toBe(false);
    expect(derive("judgeNeeded", loadCase(name, { world: { countries: { AL: null } } }))).toBe(false);
    expect(derive("judgeNeeded", loadCase(name, withStanding(null)))).toBe(false);
  });
});

describe("a refusal", () => {
  test("states its ground, and that it is partial", () => {
    const partial = loadCase("P13-partial-refusal.permit");
    expect(derive("refusalGround", partial)).toBe("legal-person-interests");
    expect(derive("partialRefusal", partial)).toBe(true);
    expect(derive("partialRefusal", loadCase("P13-refusal.permit"))).toBe(false);
    expect(derive("refusalGround", answer)).toBeUndefined();
    expect(derive("partialRefusal", answer)).toBe(false);
  });

  test("has the grounds that the terms with whoever asked leave", () => {
    expect(derive("refusalsLeft", loadCase("P14-terms-silent.permit"))).toEqual([
      "minor-offence",
      "not-an-offence",
    ]);
    expect(derive("refusalsLeft", loadCase("P14-ground-left.permit"))).toEqual(["not-an-offence"]);
    expect(derive("refusalsLeft", loadCase("P14-not-an-offence-forgone.deny"))).toEqual([]);
    expect(derive("refusalsLeft", loadCase("P14-no-terms.permit"))).toHaveLength(2);
    const copied = loadCase("P14-copy-within-the-country.deny");
    expect(derive("refusalsLeft", copied, copied.message.copies[0])).toEqual([]);
    expect(derive("refusalsLeft", answer)).toEqual([]);
  });
});

test("delayReason is what a delay states", () => {
  expect(derive("delayReason", loadCase("P10-before-the-limit.permit"))).toBe("other-authority");
  expect(derive("delayReason", answer)).toBeUndefined();
});

describe("a closed list", () => {
  const set = loadPolicySet(loadFiles());
  const toDenying = (content: Case) => decideCase(set, content).grounds[0]?.determining;
  const world = { countries: { AL: { judicial: ["vehicle"] } } };
  const history = { requests: { request: { data: ["vehicle"] } } };

  test.each(REFUSAL_GROUNDS)("of grounds has the ground %s, here as in the policy", (ground) => {
    const refusal = loadCase("P13-refusal.permit", { message: { ground } });
    expect(derive("refusalGround", refusal)).toBe(ground);
    expect(toDenying(refusal)).toEqual(["base"]);
  });

  test.each(DELAY_REASONS)("of reasons has the reason %s, here as in the policy", (reason) => {
    const delayed = loadCase("P10-before-the-limit.permit", { world, history, message: { reason } });
    expect(derive("delayReason", delayed)).toBe(reason);
    expect(toDenying(delayed)).toEqual(["base"]);
  });

  test("has no other code: all of them are one, and denied", () => {
    for (const code of ["unlisted", "busy", "not-available-2"]) {
      const refusal = loadCase("P13-refusal.permit", { message: { ground: code } });
      expect(derive("refusalGround", refusal)).toBe("unlisted");
      expect(toDenying(refusal)).toEqual(["P13.ground"]);
      const delayed = loadCase("P10-before-the-limit.permit", { message: { reason: code } });
      expect(derive("delayReason", delayed)).toBe("unlisted");
      expect(toDenying(delayed)).toEqual(["P10.reason"]);
    }
  });
});
