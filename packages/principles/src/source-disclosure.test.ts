import { type ConsentPermit, encodeCanonical } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { type Case, decideCase, patchCase } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import { loadPolicySet } from "./policy-set.ts";

/** What a sender learns of sources and consents by guessing: nothing. Who is told of it: nobody. */

const set = loadPolicySet(loadFiles());

function toPublicBytes(content: Case): string {
  const { outcome, markings, recipients } = decideCase(set, content);
  return encodeCanonical({ outcome, markings, recipients });
}

const strictest = {
  ...{ handling: ["H1", "H2", "H3"], classification: "secret", purpose: "prosecution", deleteBy: 1 },
  ...{ evaluation: { source: "X", information: "4" }, personal: true },
};

describe.each([
  ["a forward", loadCase("P17-forward-with-consent.permit")],
  ["a transfer to a third country", loadCase("P34-transfer-authorised.permit")],
  ["an offer of evidence", loadCase("P19-evidence-consented.permit")],
  ["H1 to a prosecutor", loadCase("P19-h1-to-a-prosecutor-consented.permit")],
  ["another purpose", loadCase("P16-other-purpose-with-consent.permit")],
  ["a forward of H3", loadCase("P21-read-by-an-officer.permit")],
  ["an override", loadCase("P24-h2-to-save-a-life.duty")],
  ["an immediate threat", loadCase("P34-immediate-threat-told.duty")],
])("%s that draws on a source by guess", (_, sample) => {
  const absent = patchCase(sample, { history: { messages: { answer: null } } });
  const originator = sample.history.messages.answer?.ref.iss;
  test.each<[string, unknown]>([
    ["is held by others", { holders: [originator] }],
    ["is held by the recipient", { holders: [originator, ...sample.message.to] }],
    ["is marked as strictly as can be", { holders: [originator], markings: strictest }],
    ["was read by the recipient", { holders: [originator], readBy: sample.message.to }],
    ["has another digest", { ref: { digest: sample.ref.digest } }],
  ])("where it %s: the same bytes as if it were absent, and nobody is told", (_, answer) => {
    const present = patchCase(sample, { history: { messages: { answer } } });
    expect(toPublicBytes(present)).toBe(toPublicBytes(absent));
    const { recipients, notices } = decideCase(set, present);
    expect(recipients.map(({ reasons }) => reasons)).toEqual([["P35"]]);
    expect(notices).toEqual([]);
  });

  test("while one that it holds is another matter, so the test could fail", () => {
    expect(toPublicBytes(sample)).not.toBe(toPublicBytes(absent));
  });
});

describe.each<[ConsentPermit, Case]>([
  ["forward", loadCase("P17-forward-with-consent.permit")],
  ["other-purpose", loadCase("P16-other-purpose-with-consent.permit")],
  ["disseminate", loadCase("P20-disseminate-consented.permit")],
  ["evidence", loadCase("P19-evidence-consented.permit")],
  ["transfer", loadCase("P34-transfer-authorised.permit")],
])("a consent to %s, named by guess", (permit, sample) => {
  const absent = patchCase(sample, { history: { consents: { consent: null } } });
  const others = ["AL-POLICE", "AL-SPOC"];
  test.each<[string, object]>([
    ["in force", {}],
    ["expired", { until: 1 }],
    ["withdrawn", { withdrawn: true }],
    ["expired and withdrawn", { until: 1, withdrawn: true }],
  ])("given to others and %s: the same bytes as if it were absent", (_, consent) => {
    const given = { ...consent, grantees: others };
    expect(toPublicBytes(patchCase(sample, { history: { consents: { consent: given } } }))).toBe(
      toPublicBytes(absent),
    );
  });

  test("given to the sender, out of scope: withdrawn or not, the same bytes as if it were absent", () => {
    const narrow = [
      { recipients: others },
      { purposes: ["prosecution"] },
      { of: { digest: sample.ref.digest } },
    ];
    for (const scope of narrow) {
      for (const withdrawn of [false, true]) {
        const consent = { ...scope, withdrawn };
        const bytes = toPublicBytes(patchCase(sample, { history: { consents: { consent } } }));
        expect(bytes).toBe(toPublicBytes(absent));
      }
    }
  });

  test("that it has ended is told to the agency it was given to", () => {
    const ended = patchCase(sample, { history: { consents: { consent: { withdrawn: true } } } });
    const { recipients } = decideCase(set, ended);
    const named = { "other-purpose": ["P18", "P18.purpose"], transfer: ["P18.purpose"] } as const;
    expect(recipients[0]?.reasons).toEqual(permit in named ? named[permit as keyof typeof named] : ["P18"]);
  });
});

test.each([
  "P17-asks-over-what-others-hold.deny",
  "P18-grant-over-anothers-message.deny",
  "P30-erased-and-passed-on.deny",
])("%s: what others hold is the same as what is not on record", (name) => {
  const patch = { holders: ["RS-POLICE", "RS-FIU"], copies: [{ agency: "RS-FIU", ref: loadCase(name).ref }] };
  const held = Object.keys(loadCase(name).history.messages).map((one) => [one, patch]);
  const others = loadCase(name, { history: { messages: Object.fromEntries(held) } });
  const nothing = { ...others, history: { ...others.history, messages: {} } };
  expect(decideCase(set, others).outcome).toBe("denied");
  expect(toPublicBytes(others)).toBe(toPublicBytes(nothing));
});

describe("notices to originators", () => {
  const override = loadCase("P24-h2-to-save-a-life.duty");
  const threat = loadCase("P34-immediate-threat-told.duty");

  test.each([
    ["override", override],
    ["onward transfer", threat],
  ])("of an %s go out where something was let through", (_, content) => {
    expect(decideCase(set, content).notices).toHaveLength(1);
    const stopped = patchCase(content, { message: { classification: "secret" } });
    expect(decideCase(set, stopped)).toMatchObject({ outcome: "denied", notices: [] });
  });

  test("of an override that does not hold do not", () => {
    const { outcome, notices } = decideCase(set, loadCase("P24-officer-without-the-role.deny"));
    expect({ outcome, notices }).toEqual({ outcome: "denied", notices: [] });
  });

  test("go to nobody whose material stayed with itself", () => {
    const back = patchCase(override, { message: { to: ["RS-FIU"] } });
    expect(decideCase(set, back)).toMatchObject({ outcome: "permitted", notices: [] });
  });
});

test("the exception for an immediate threat has the same words wherever it is", () => {
  const exceptions = loadFiles().flatMap(({ name, content }) =>
    [...content.matchAll(/unless \{\n(\s+context has purpose[^}]+)\}/g)].map(([, text]) => [name, text]),
  );
  expect(exceptions.map(([name]) => name)).toEqual(["P16.cedar", "P17.cedar", "P18.cedar", "P34.cedar"]);
  expect(new Set(exceptions.map(([, text]) => text)).size).toBe(1);
});

test("an override lifts these policies and no others", () => {
  const lifted = set.rules.map(({ policy }) => policy).filter((policy) => isLifted(policy));
  expect(lifted).toEqual([
    ...["P16", "P17", "P17.onward", "P18", "P18.purpose", "P19", "P20", "P21", "P34", "P34.told"],
  ]);
});

/** Whether the text of a policy ends with the words that lift it. */
function isLifted(policy: string): boolean {
  const { content } = loadFiles().find(({ name }) => name === `${policy.slice(0, 3)}.cedar`) ?? {
    content: "",
  };
  const text = content.split(`@id("${policy}")`)[1]?.split("@id(")[0] ?? "";
  return text.includes("unless { context has override };");
}
