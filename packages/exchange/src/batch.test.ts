import { LeixError, limits, parseRecord } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { toAgency, toAnchor } from "./genesis.testkit.ts";
import { createInputs } from "./history.testkit.ts";
import {
  createTestLedger,
  decideOn,
  startTestLedger,
  type TestLedger,
  toContent,
  toWord,
} from "./ledger.testkit.ts";
import { createLayer } from "./state.ts";
import { createWorld, NOW, toRegisteredKey } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);
const inputs = await createInputs(world);

test("a dropped layer leaves no trace; deciding again gives the same under the same salts", async () => {
  const before = toContent(ledger.state);
  const decide = () =>
    decideOn(world, createLayer(ledger.state), inputs, NOW, "policy", createWorld().createSalt);
  const once = await decide();
  expect(toContent(ledger.state)).toEqual(before);
  const twice = await decide();
  const toBytes = (all: typeof once) => all.map((one) => one.kind === "record" && one.record);
  expect(toBytes(twice)).toEqual(toBytes(once));
});

test("other salts change what is hidden, and nothing else", async () => {
  const decide = async () => {
    const decided = await decideOn(world, createLayer(ledger.state), inputs.slice(0, 1));
    const [one] = decided.map((each) =>
      each.kind === "record" ? parseRecord(each.record).decision : undefined,
    );
    return one?.content.kind === "message" ? { content: one.content, recipients: one.recipients } : undefined;
  };
  const [one, other] = [await decide(), await decide()];
  expect(one?.recipients).toEqual(other?.recipients);
  expect(one?.content.recipients).not.toEqual(other?.content.recipients);
  const { _sd, recipients: _r, grounds: _g, ...shown } = one?.content ?? {};
  expect(other?.content).toMatchObject(shown);
});

test("what a statement changes holds for the very next input of the batch", async () => {
  const keys = [toRegisteredKey("RS-FIU"), toRegisteredKey("spare")];
  const sent = await Promise.all([
    world.message("RS-FIU", ["AL-SPOC"], {}, { key: "spare" }),
    world.statement("RS", toAgency("RS-FIU", { version: 2, keys })),
    world.message("RS-FIU", ["AL-SPOC"], {}, { key: "spare" }),
    world.statement("RS", toAgency("RS-FIU", { version: 3, keys, status: "suspended" })),
    world.message("RS-FIU", ["AL-SPOC"], {}, { key: "spare" }),
  ]);
  const batch = sent.map(({ input }) => input);
  const words = (await decideOn(world, createLayer(ledger.state), batch)).map(toWord);
  expect(words).toEqual([
    "jws/key-unknown",
    "statement",
    "permitted",
    "statement",
    "identity/party-not-active",
  ]);
});

test("time never runs backwards, whatever the clock says", async () => {
  const layer = createLayer(ledger.state);
  await decideOn(world, layer, inputs.slice(0, 1), NOW + 100);
  const [decided] = await decideOn(world, layer, inputs.slice(1, 2), NOW + 50);
  expect(decided?.kind === "record" && decided.entry.at).toBe(NOW + 100);
});

describe("an engine that fails", () => {
  async function decideWith(error: Error) {
    const layer = createLayer(ledger.state);
    const { policySet } = layer;
    if (!policySet) throw new Error("no policy set");
    const judge = () => {
      throw error;
    };
    layer.policySet = { ...policySet, set: { ...policySet.set, judgeListed: judge } };
    return decideOn(world, layer, inputs.slice(0, 1));
  }

  test("never permits: the input is rejected and kept aside", async () => {
    const [decided] = await decideWith(new LeixError("decision/engine", "overflow"));
    expect(toWord(decided)).toBe("decision/engine");
    expect(decided).toMatchObject({ isQuarantined: true, entry: { detail: "" } });
  });

  test("what is no engine failure is a defect, and throws", async () => {
    await expect(decideWith(new RangeError("a defect"))).rejects.toBeInstanceOf(RangeError);
    await expect(decideWith(new LeixError("key/invalid"))).rejects.toMatchObject({ code: "key/invalid" });
  });
});

test("a given-up input is kept aside, other rejections are not", async () => {
  const decided = await decideOn(world, createLayer(ledger.state), inputs);
  const rejected = decided.flatMap((one) =>
    one.kind === "record" && one.entry.kind === "rejection" ? [[one.entry.code, one.isQuarantined]] : [],
  );
  expect(rejected.filter(([, isQuarantined]) => isQuarantined)).toEqual([["input/unprocessable", true]]);
  expect(rejected.length).toBeGreaterThan(3);
});

describe("a record that nobody could verify is never made", () => {
  async function start(policyKeys = [toRegisteredKey("policy")]): Promise<TestLedger> {
    const other = createTestLedger(createWorld());
    await other.append(await other.world.statement("anchor", toAnchor({ policyKeys })));
    return other;
  }
  const garbage = (other: TestLedger) => [other.world.bytes("anchor", "garbage")];

  test("with a key that is not the policy service's, or not valid now", async () => {
    const other = await start([toRegisteredKey("policy", { exp: NOW + 10 })]);
    const code = (now: number, key: "policy" | "spare") =>
      other.appendInputs(garbage(other), now, key).then(
        (decided) => decided.map(toWord),
        (error) => error.code,
      );
    expect(await code(NOW, "spare")).toBe("jws/key-unknown");
    expect(await code(NOW + 10, "policy")).toBe("jws/key-not-valid");
    expect(await code(NOW + 9, "policy")).toEqual(["input/not-json"]);
  });

  test("with a key that the batch itself withdraws: what comes up to that is signed", async () => {
    const other = await start([toRegisteredKey("policy"), toRegisteredKey("policy-next")]);
    const keys = [toRegisteredKey("policy-next")];
    const rotation = await other.world.statement("anchor", {
      kind: "service",
      subject: "policy",
      keys,
      status: "active",
    });
    const batch = [...garbage(other), rotation.input, other.world.bytes("anchor", "more garbage")];
    await expect(other.appendInputs(batch)).rejects.toMatchObject({ code: "jws/key-unknown" });
    expect(other.state.head.index).toBe(1);
    await other.appendInputs(batch.slice(0, 2));
    await expect(other.appendInputs(batch.slice(2))).rejects.toMatchObject({ code: "jws/key-unknown" });
    const decided = await other.appendInputs(batch.slice(2), NOW, "policy-next");
    expect(decided.map(toWord)).toEqual(["input/not-json"]);
  });

  test("by a decider that the policy set does not allow", async () => {
    const layer = createLayer(ledger.state);
    layer.policySet = layer.policySet && { ...layer.policySet, deciders: ["99"] };
    await expect(decideOn(world, layer, inputs.slice(0, 1))).rejects.toMatchObject({
      code: "record/decider-unknown",
    });
  });
});

test("a decision over the most recipients can be read again", async () => {
  const many = Array.from({ length: limits.RECIPIENTS_MAX }, (_, i) => `RS-${"A".repeat(20)}${i}`);
  const derivedFrom = Array.from({ length: limits.SOURCES_MAX }, () => ({
    ...{ iss: many[0], id: world.createId(), digest: "A".repeat(43) },
  }));
  const sent = await world.message("AL-SPOC", many, { derivedFrom });
  const [decided] = await decideOn(world, createLayer(ledger.state), [sent.input]);
  expect(decided?.kind === "record" && parseRecord(decided.record).kind).toBe("message");
});
