import { limits, type Markings, type MessageRef } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { patchCase, toDelivery, toQueries } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import { decide } from "./decide.ts";
import { INFORMATION_KINDS, uniteOrigins } from "./material.ts";
import { loadPolicySet } from "./policy-set.ts";
import type { Queries } from "./queries.ts";

const sample = loadCase("P17-forward-with-consent.permit");
const { answer } = sample.history.messages;

function toMarkings(patch: unknown): Markings {
  return toDelivery(patchCase(sample, patch)).material.markings;
}

test("handling codes are united, in their own order", () => {
  const source = { history: { messages: { answer: { markings: { handling: ["H2", "H1"] } } } } };
  expect(toMarkings({ ...source, message: { handling: "H0" } }).handling).toEqual(["H0", "H1", "H2"]);
  expect(toMarkings({ ...source, message: { handling: null } }).handling).toEqual(["H1", "H2"]);
});

test("the earliest deletion date holds, whoever set it", () => {
  const source = { history: { messages: { answer: { markings: { deleteBy: 200 } } } } };
  expect(toMarkings({ ...source, message: { deleteBy: 300 } }).deleteBy).toBe(200);
  expect(toMarkings({ ...source, message: { deleteBy: 100 } }).deleteBy).toBe(100);
  expect(toMarkings(source).deleteBy).toBe(200);
  expect(toMarkings({})).not.toHaveProperty("deleteBy");
});

test("the highest classification holds, and what must be marked and is not counts as secret", () => {
  const source = { history: { messages: { answer: { markings: { classification: "confidential" } } } } };
  expect(toMarkings({ ...source, message: { classification: "restricted" } }).classification).toBe(
    "confidential",
  );
  expect(toMarkings({ ...source, message: { classification: "secret" } }).classification).toBe("secret");
  expect(toMarkings({ ...source, message: { classification: null } }).classification).toBe("secret");
});

describe("an evaluation", () => {
  const assessed = (source: string, information: string) => ({
    history: { messages: { answer: { markings: { evaluation: { source, information } } } } },
  });
  const none = { message: { evaluation: null } };

  test("is the message's own, else its sources', else X4", () => {
    expect(toMarkings(assessed("A", "1")).evaluation).toEqual({ source: "B", information: "2" });
    expect(toMarkings({ ...assessed("A", "1"), ...none }).evaluation).toEqual({
      source: "A",
      information: "1",
    });
    expect(toMarkings(none).evaluation).toEqual({ source: "X", information: "4" });
  });

  test("of several sources is the weakest, each part by itself", () => {
    const other = { ...answer, ref: { ...answer?.ref, id: "01920000-0000-7000-8000-000000000033" } };
    const second = {
      ...other,
      markings: { ...answer?.markings, evaluation: { source: "X", information: "1" } },
    };
    const both = patchCase(patchCase(sample, assessed("C", "3")), {
      history: { messages: { second } },
      message: { evaluation: null, derivedFrom: [answer?.ref, other.ref] },
    });
    expect(toDelivery(both).material.inherited.evaluation).toEqual({ source: "X", information: "3" });
  });

  test("is none where nothing is told, and no source is assessed", () => {
    const { material } = toDelivery(loadCase("P06-investigation.permit"));
    expect(material.markings).not.toHaveProperty("evaluation");
    expect(material.inherited).not.toHaveProperty("evaluation");
  });
});

describe("personal data", () => {
  const personal = { subjects: [{ category: "suspect" }], basis: "treaty" };
  const inSource = { history: { messages: { answer: { markings: { personal: true } } } } };
  const notHeld = {
    history: { messages: { answer: { markings: { personal: true }, holders: ["RS-FIU"] } } },
  };

  test.each<[string, unknown, boolean, boolean]>([
    ["nowhere", {}, false, false],
    ["declared", { message: { personal } }, true, false],
    ["in a source", inSource, true, true],
    ["in a source not held", notHeld, false, false],
  ])("%s", (_, patch, inForce, inherited) => {
    const { material } = toDelivery(patchCase(sample, patch));
    expect(material.markings.personal === true).toBe(inForce);
    expect(material.inherited.personal).toBe(inherited);
  });
});

describe("a source that the sender wrote", () => {
  const own = { ...answer?.ref, iss: "AL-CUSTOMS", id: "01920000-0000-7000-8000-000000000032" };
  const strict = { handling: ["H3"], classification: "secret", deleteBy: 1, personal: true };
  const evaluation = { source: "X", information: "4" };
  const writing = (origins: unknown[]) => {
    const source = { ref: own, markings: { ...strict, evaluation, origins }, holders: ["AL-CUSTOMS"] };
    const message = { derivedFrom: [own], evaluation: null };
    return toDelivery(patchCase(sample, { history: { messages: { own: source } }, message })).material;
  };

  test("alone does not bind it: an originator loosens by sharing again", () => {
    const { inherited, markings } = writing([own]);
    expect(inherited).toEqual({ handling: [], classification: "unclassified", personal: false });
    expect(markings).toMatchObject({ handling: ["H0"], classification: "restricted", evaluation });
    expect(markings).not.toHaveProperty("deleteBy");
  });

  test("holds personal data all the same", () => {
    expect(writing([own]).markings.personal).toBe(true);
  });

  test("of others' material binds it", () => {
    const { inherited, markings } = writing([own, answer?.ref]);
    expect(inherited).toEqual({ ...strict, evaluation });
    expect(markings).toMatchObject({ handling: ["H0", "H3"], classification: "secret", deleteBy: 1 });
  });
});

describe("caveats that nobody at the sender has read", () => {
  const h3 = { history: { messages: { answer: { markings: { handling: ["H3"] } } } } };
  const toUnread = (patch: unknown) =>
    toDelivery(patchCase(patchCase(sample, h3), patch)).material.unread.map(({ ref }) => ref.iss);

  test("are those of H3 that is not acknowledged as read by one of its officers", () => {
    expect(toUnread({})).toEqual(["RS-FIU"]);
    expect(toUnread({ history: { messages: { answer: { readBy: ["AL-CUSTOMS"] } } } })).toEqual([]);
    expect(toUnread({ history: { messages: { answer: { markings: { handling: ["H2"] } } } } })).toEqual([]);
  });
});

test("the purpose is the message's own", () => {
  expect(toMarkings({ message: { purpose: "detection" } }).purpose).toBe("detection");
  expect(toMarkings({ message: { purpose: null } })).not.toHaveProperty("purpose");
});

test("the origins are the message itself, then all its sources', each once", () => {
  expect(toMarkings({}).origins).toEqual([sample.ref, answer?.ref]);
  expect(toMarkings({ message: { derivedFrom: [answer?.ref, answer?.ref] } }).origins).toHaveLength(2);
  expect(toMarkings({ history: { messages: { answer: { holders: ["RS-FIU"] } } } }).origins).toEqual([
    sample.ref,
  ]);
});

test("more origins than a decision can carry are not cut short in silence", () => {
  const many = Array.from({ length: limits.ORIGINS_MAX }, (_, n) => {
    return { ...answer?.ref, id: `01920000-0000-7000-8000-${(n + 256).toString(16).padStart(12, "0")}` };
  });
  const over = patchCase(sample, { history: { messages: { answer: { markings: { origins: many } } } } });
  expect(toDelivery(over).material.originsExceeded).toBe(true);
  expect(toDelivery(over).material.markings.origins).toHaveLength(limits.ORIGINS_MAX);
});

describe("what a message costs", () => {
  const RECIPIENTS = ["RS-POLICE", "RS-SPOC", "AL-POLICE", "ME-SPOC", "ME-POLICE"];
  const toRef = (n: number, iss = "RS-FIU") => {
    return { ...answer?.ref, iss, id: `01920000-0000-7000-8000-${(n + 256).toString(16).padStart(12, "0")}` };
  };
  const origins = Array.from({ length: 20 }, (_, n) => toRef(n));
  const own = toRef(100, "AL-CUSTOMS");
  const markings = { handling: ["H2"], classification: "restricted", purpose: "detection", origins };
  const holders = ["AL-CUSTOMS", "RS-FIU"];
  const messages = {
    own: { ref: own, markings: { ...markings, origins: [own, ...origins] }, holders: ["AL-CUSTOMS"] },
    ...Object.fromEntries(origins.map((ref, n) => [`no ${n}`, { ref, markings, holders }])),
  };
  const consents = Object.fromEntries(
    origins.slice(0, 10).map((of, n) => {
      const permits = ["forward", "disseminate", "other-purpose"];
      const given = { ref: toRef(200 + n), of, recipients: RECIPIENTS, permits };
      return [`no ${n}`, { ...sample.history.consents.consent, ...given }];
    }),
  );
  const named = { to: RECIPIENTS.slice(0, 2), copies: RECIPIENTS.slice(2) };
  const set = loadPolicySet(loadFiles(), { memoEntriesMax: 0 });

  /** How often each message and consent was asked for in one decision. */
  function countQueries(derivedFrom: unknown[], listed: unknown[]): Record<string, number[]> {
    const message = { ...named, derivedFrom, consents: listed };
    const content = patchCase(sample, { history: { messages, consents }, message });
    const queries = toQueries(content);
    const asked = { message: new Map<string, number>(), consent: new Map<string, number>() };
    const count = (kind: keyof typeof asked, { id }: MessageRef) => {
      asked[kind].set(id, (asked[kind].get(id) ?? 0) + 1);
    };
    const counting: Queries = {
      ...queries,
      message: (ref) => {
        count("message", ref);
        return queries.message(ref);
      },
      consent: (ref) => {
        count("consent", ref);
        return queries.consent(ref);
      },
    };
    const { recipients } = decide(set, counting, content.message, content.ref, {
      received: content.at,
      at: content.at,
    });
    expect(recipients).toHaveLength(RECIPIENTS.length);
    return { message: [...asked.message.values()], consent: [...asked.consent.values()] };
  }

  const once = (length: number) => Array.from({ length }, () => 1);
  const every = Object.values(consents).map(({ ref }) => ref);

  test("each source, origin and consent is asked for once, for however many recipients", () => {
    expect(countQueries([...origins, own], every)).toEqual({ message: once(21), consent: once(10) });
  });

  test("and once, however often it is named", () => {
    const repeated = Array.from({ length: limits.SOURCES_MAX }, () => own);
    const again = every.flatMap((ref) => [ref, ref, ref]);
    expect(countQueries(repeated, again)).toEqual({ message: once(21), consent: once(10) });
  });

  test("a source named twice adds nothing to what the facts go through", () => {
    const toMaterial = (derivedFrom: unknown[]) =>
      toDelivery(patchCase(sample, { history: { messages, consents }, message: { derivedFrom } })).material;
    const single = toMaterial([own]);
    const many = toMaterial(Array.from({ length: limits.SOURCES_MAX }, () => own));
    expect(many.sources).toHaveLength(1);
    expect(many.origins).toHaveLength(origins.length);
    expect(uniteOrigins(many.repurposed)).toHaveLength(origins.length);
    expect(many.markings).toEqual(single.markings);
    expect(many.unknownSource).toBe(false);
  });

  test("origins of several sources are gone through once", () => {
    const both = { message: { derivedFrom: [...origins, own] } };
    const { material } = toDelivery(patchCase(sample, { history: { messages, consents }, ...both }));
    expect(material.sources).toHaveLength(21);
    expect(material.origins).toHaveLength(origins.length);
  });
});

test("an acknowledgement carries no markings", () => {
  const { material } = toDelivery(loadCase("P02-node-acknowledges.permit"));
  expect(material.markings).toMatchObject({ handling: [], classification: "unclassified" });
  expect(material.markings.origins).toHaveLength(1);
});

test("the kinds that carry information are the kinds that P22 names", () => {
  const text = loadFiles().find(({ name }) => name === "P22.cedar")?.content ?? "";
  const named = [...text.matchAll(/Action::"([a-z-]+)"/g)].map(([, kind]) => kind);
  expect(named.sort()).toEqual([...INFORMATION_KINDS].sort());
});
