import type { MessageRef, Notice } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import type { ReceivedMessage, SentMessage, StoredNotice } from "./archive.ts";
import { type DutySources, listDuties, type OwnDuty } from "./duties.ts";

const OWN = "RS-FIU";
const ASKER = "AL-CUSTOMS";
const DUE = 1_000_000;
const ref = (iss: string, id: string) => ({ iss, id, digest: `digest of ${id}` }) as unknown as MessageRef;
const REQUEST = ref(ASKER, "request");

let index = 0;

/** A message with its decision; `obligations` are those of each recipient. */
function message(
  iss: string,
  id: string,
  claims: object,
  obligations: readonly object[] = [],
  permits = true,
) {
  const recipient = { agency: iss === OWN ? ASKER : OWN, effect: permits ? "permit" : "deny", obligations };
  const { received = 0, ...rest } = claims as { received?: number };
  return {
    ref: ref(iss, id),
    claims: { iss, id, ...rest },
    decision: {
      content: { kind: "message", index: index++, received },
      outcome: permits ? "permitted" : "denied",
      recipients: [recipient],
    },
  } as unknown as SentMessage & ReceivedMessage;
}

const owe = (duty: string, more: object = {}) => ({ rule: "P08", duty, party: OWN, ...more });
const request = message(ASKER, "request", { kind: "request" }, [
  owe("answer", { due: DUE, offset: "+01:00" }),
]);
const about = { re: REQUEST };

function list(sources: Partial<DutySources>): OwnDuty[] {
  return listDuties({
    agency: OWN as DutySources["agency"],
    sent: [],
    received: [],
    notices: [],
    ...sources,
  });
}

/** What became of the answer that is owed, when these came after the request. */
function judge(
  sent: readonly SentMessage[] = [],
  received: readonly ReceivedMessage[] = [],
): Pick<OwnDuty, "state" | "due" | "offset"> {
  const [duty] = list({ sent, received: [request, ...received] });
  if (!duty) throw new Error("nothing is owed");
  const { state, due, offset } = duty;
  return { state, ...(due === undefined ? {} : { due }), ...(offset === undefined ? {} : { offset }) };
}

const toNotice = (notice: object): StoredNotice => {
  const content = { to: OWN, rule: "P30", about: ref(ASKER, "correction"), by: ASKER, ...notice };
  return { ledgerIndex: 0, at: 0, arrivedMs: 0, notice: content as Notice };
};

describe("an answer is owed", () => {
  test("until the time that the decision says, in the time of its own country", () => {
    expect(list({ received: [request] })).toEqual([
      {
        ...{ rule: "P08", duty: "answer", state: "open", about: REQUEST, subject: REQUEST, by: ASKER },
        ...{ due: DUE, offset: "+01:00" },
      },
    ]);
  });

  test.each([
    ["an answer", { kind: "answer", ...about }, "done"],
    ["a refusal", { kind: "refusal", ground: "not-available", ...about }, "done"],
    ["a refusal of a part", { kind: "refusal", partial: true, ...about }, "open"],
    ["an answer to something else", { kind: "answer", re: ref(ASKER, "other") }, "open"],
  ])("and %s makes it", (_name, claims, state) => {
    expect(judge([message(OWN, "reply", claims)]).state).toBe(state);
  });

  test("and an answer that the asker is not given settles nothing", () => {
    expect(judge([message(OWN, "reply", { kind: "answer", ...about }, [], false)]).state).toBe("open");
  });

  test("and the asker takes its request back", () => {
    const erasure = message(ASKER, "c", { kind: "correction", action: "erase", ...about });
    expect(judge([], [erasure]).state).toBe("done");
  });

  test("and a delay puts it off", () => {
    const delay = message(OWN, "d", { kind: "delay", until: DUE + 500, ...about });
    expect(judge([delay])).toEqual({ state: "open", due: DUE + 500, offset: "+01:00" });
  });

  test("and a question stops its time, until every question is answered", () => {
    const ask = (id: string, received: number) =>
      message(OWN, id, { kind: "clarification", ...about, received });
    const reply = (id: string, received: number) =>
      message(ASKER, `answer to ${id}`, { kind: "answer", re: ref(OWN, id), received });
    const [first, second] = [ask("q1", 100), ask("q2", 200)];
    expect(judge([first])).toEqual({ state: "stopped", due: DUE, offset: "+01:00" });
    expect(judge([first, second], [reply("q1", 300)])).toMatchObject({ state: "stopped", due: DUE });
    const answered = [reply("q1", 300), reply("q2", 400), reply("q2", 900)];
    expect(judge([first, second], answered)).toMatchObject({ state: "open", due: DUE + 300 });
  });

  test("and a delay in the time that is stopped counts from the question that is left", () => {
    const question = message(OWN, "q", { kind: "clarification", ...about, received: 100 });
    const delay = message(OWN, "d", { kind: "delay", until: DUE + 500, ...about, received: 300 });
    const reply = message(ASKER, "a", { kind: "answer", re: ref(OWN, "q"), received: 400 });
    expect(judge([question, delay], [reply])).toMatchObject({ state: "open", due: DUE + 600 });
  });
});

describe("a correction", () => {
  const corrected = ref(ASKER, "told");
  const correction = (action: string) =>
    message(ASKER, "correction", { kind: "correction", action, re: corrected }, [owe(action, { due: DUE })]);
  const say = (re: MessageRef, status: string) =>
    message(OWN, `${status} ${re.id}`, { kind: "acknowledgement", status, re });

  test.each([
    ["rectify", "rectified", "done"],
    ["rectify", "erased", "done"],
    ["rectify", "restricted", "open"],
    ["restrict", "restricted", "done"],
    ["erase", "rectified", "open"],
    ["erase", "erased", "done"],
    ["erase", "read", "open"],
  ])("to %s, of which %s is said, is %s", (action, status, state) => {
    const received = [correction(action)];
    expect(list({ received })).toMatchObject([{ duty: action, subject: corrected, state: "open", due: DUE }]);
    for (const re of [corrected, ref(ASKER, "correction")]) {
      expect(list({ received, sent: [say(re, status)] })).toMatchObject([{ state }]);
    }
  });

  test("that is told with a copy and by a notice is owed once; over another message once more", () => {
    const notices = [corrected, ref("AL-SPOC", "derived")].map((held) =>
      toNotice({ rule: "P08", notice: "erase", action: "erase", held, due: DUE }),
    );
    const duties = list({ received: [correction("erase")], notices });
    expect(duties.map(({ subject }) => subject.id)).toEqual(["told", "derived"]);
    const sent = [say(ref("AL-SPOC", "derived"), "erased")];
    expect(list({ received: [correction("erase")], notices, sent }).map(({ state }) => state)).toEqual([
      "open",
      "done",
    ]);
  });
});

describe("a recall", () => {
  const held = ref("AL-SPOC", "derived");
  const recall = toNotice({ notice: "recall", about: REQUEST, held, due: DUE });
  const after = { ...recall, ledgerIndex: 0 };
  const say = (re: MessageRef, status: string) =>
    message(OWN, `${status} ${re.id}`, { kind: "acknowledgement", status, re });

  test.each([
    ["erased", held, "done"],
    ["restricted", held, "done"],
    ["rectified", held, "open"],
    ["read", held, "open"],
    ["erased", REQUEST, "open"],
  ])("of which %s is said of %o is %s", (status, re, state) => {
    const [duty] = list({ notices: [after], sent: [say(re, status)] });
    expect(duty).toMatchObject({ rule: "P30", duty: "recall", subject: held, due: DUE, state });
  });

  test("is done by a review of what the agency holds, and by nothing that was said before", () => {
    const place = index;
    const reviewed = message(OWN, "reviewed", { kind: "review", re: held });
    expect(list({ notices: [after], sent: [reviewed] })).toMatchObject([{ state: "done" }]);
    const later = { ...recall, ledgerIndex: place + 1 };
    expect(list({ notices: [later], sent: [reviewed] })).toMatchObject([{ state: "open" }]);
  });

  test("is not done by a review that went to nobody", () => {
    const denied = message(OWN, "denied", { kind: "review", re: held }, [], false);
    expect(list({ notices: [after], sent: [denied] })).toMatchObject([{ state: "open" }]);
  });

  test("of a key to encrypt with lays nothing on whoever is told", () => {
    expect(list({ notices: [toNotice({ notice: "readable-by-others" })] })).toEqual([]);
  });
});

describe("what else is laid on an agency", () => {
  const read = (role: string) =>
    message(OWN, `read by ${role}`, { kind: "acknowledgement", status: "read", officer: { role }, ...about });
  const reviewed = message(OWN, "review", { kind: "review", re: ref(OWN, "override") });
  const override = message(OWN, "override", { kind: "notification" }, [owe("review", { due: DUE })]);

  test("a caveat is read by an officer, not by a node", () => {
    const received = [message(ASKER, "request", { kind: "answer" }, [owe("acknowledge-caveat")])];
    expect(list({ received, sent: [read("node")] })).toMatchObject([{ state: "open" }]);
    expect(list({ received, sent: [read("node"), read("analyst")] })).toMatchObject([{ state: "done" }]);
  });

  test("a review is done by a review", () => {
    expect(list({ sent: [override] })).toMatchObject([{ state: "open", by: OWN }]);
    expect(list({ sent: [override, reviewed] })).toMatchObject([{ state: "done" }]);
    const denied = message(OWN, "denied review", { kind: "review", re: ref(OWN, "override") }, [], false);
    expect(list({ sent: [override, denied] })).toMatchObject([{ state: "open" }]);
  });

  test("what is only to be known is never done, and comes after what has a time", () => {
    const told = message(ASKER, "told", { kind: "answer" }, [owe("evidence-use-notice")]);
    expect(list({ received: [told, request] }).map(({ duty, state }) => [duty, state])).toEqual([
      ["answer", "open"],
      ["evidence-use-notice", "to-know"],
    ]);
  });

  test("a notice without a time, others' duties, and what was denied lay nothing on it", () => {
    const others = message(ASKER, "o", { kind: "request" }, [{ ...owe("answer"), party: "RS-SPOC" }]);
    const denied = message(OWN, "denied", { kind: "notification" }, [owe("review")], false);
    const notices = [toNotice({ notice: "overdue" })];
    expect(list({ sent: [denied], received: [others], notices })).toEqual([]);
  });
});
