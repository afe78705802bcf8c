import { encodeEnvelope } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { toAgency } from "./genesis.testkit.ts";
import { startTestLedger, type TestLedger, toWord } from "./ledger.testkit.ts";
import { createWorld, toRegisteredKey } from "./world.testkit.ts";

/** Sends the same input again: as the same delivery, and as another one. */
async function sendAgain(ledger: TestLedger, input: Parameters<TestLedger["appendInputs"]>[0][number]) {
  const length = ledger.records.length;
  const decided = await ledger.appendInputs([input, { ...input, sequence: input.sequence + 1_000 }]);
  expect(ledger.records.length).toBe(length);
  return decided.map((one) => one.kind === "repeat" && one.repeat);
}

const repeats = (index: number) => [
  { kind: "repeat", index, sameDelivery: true },
  { kind: "repeat", index, sameDelivery: false },
];

describe("what is recorded keeps its answer", () => {
  test("a message, also after its sender was suspended and its key withdrawn", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const permitted = await world.message("AL-SPOC", ["RS-SPOC"]);
    const denied = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" });
    const words = (await ledger.append(permitted, denied)).map(toWord);
    expect(words).toEqual(["permitted", "denied"]);
    const index = ledger.records.length;
    expect(await sendAgain(ledger, permitted.input)).toEqual(repeats(index - 2));
    const keys = [toRegisteredKey("spare")];
    await ledger.append(
      await world.statement("AL", toAgency("AL-SPOC", { version: 2, status: "suspended", keys })),
    );
    expect(await sendAgain(ledger, denied.input)).toEqual(repeats(index - 1));
  });

  test("a statement", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const sent = await world.statement("AL", toAgency("AL-SPOC", { version: 2 }));
    const [decided] = await ledger.append(sent);
    expect(decided && toWord(decided)).toBe("statement");
    expect(await sendAgain(ledger, sent.input)).toEqual(repeats(ledger.records.length - 1));
  });

  test("a rejection, even when the reason has gone meanwhile", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const [unknownKey, garbage] = [
      await world.message("AL-SPOC", ["RS-SPOC"], {}, { key: "spare" }),
      world.bytes("AL-SPOC", "garbage"),
    ];
    const decided = await ledger.appendInputs([unknownKey.input, garbage]);
    expect(decided.map(toWord)).toEqual(["jws/key-unknown", "input/not-json"]);
    const index = ledger.records.length;
    const keys = [toRegisteredKey("AL-SPOC"), toRegisteredKey("spare")];
    await ledger.append(await world.statement("AL", toAgency("AL-SPOC", { version: 2, keys })));
    expect(await sendAgain(ledger, unknownKey.input)).toEqual(repeats(index - 2));
    expect(await sendAgain(ledger, garbage)).toEqual(repeats(index - 1));
  });

  test("the same input twice in one batch is recorded once", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const { input } = await world.message("AL-SPOC", ["RS-SPOC"]);
    const decided = await ledger.appendInputs([input, { ...input, sequence: 9_999 }]);
    expect(decided.map((one) => one.kind)).toEqual(["record", "repeat"]);
  });
});

describe("what is another input", () => {
  test("an id with other content is rejected; the first keeps its answer", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const first = await world.message("AL-SPOC", ["RS-SPOC"]);
    const { id } = first.ref;
    const second = await world.message("AL-SPOC", ["RS-SPOC"], { id, thread: id, purpose: "detection" });
    expect((await ledger.append(first, second)).map(toWord)).toEqual(["permitted", "message/id-reused"]);
    expect(await sendAgain(ledger, second.input)).toEqual(repeats(ledger.records.length - 1));
    expect(await sendAgain(ledger, first.input)).toEqual(repeats(ledger.records.length - 2));
  });

  test("a statement of a recorded version with other content is rejected", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const decided = await ledger.append(
      await world.statement("AL", toAgency("AL-SPOC", { version: 2 })),
      await world.statement("AL", toAgency("AL-SPOC", { version: 2, name: "Other" })),
    );
    expect(decided.map(toWord)).toEqual(["statement", "statement/version"]);
  });

  test("an id is the sender's own: another may use the same", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const first = await world.message("AL-SPOC", ["RS-SPOC"]);
    const { id } = first.ref;
    const second = await world.message("RS-SPOC", ["AL-SPOC"], { id, thread: id });
    expect((await ledger.append(first, second)).map(toWord)).toEqual(["permitted", "permitted"]);
  });

  test("signed again it is the same message; in another's account it is a rejection of its own", async () => {
    const world = createWorld();
    const ledger = await startTestLedger(world);
    const first = await world.message("AL-SPOC", ["RS-SPOC"]);
    await ledger.append(first);
    const again = await world.message(
      "AL-SPOC",
      ["RS-SPOC"],
      first.jws.payload as object as Record<string, unknown>,
    );
    expect(again.jws.digest).toBe(first.jws.digest);
    expect(again.jws.token).not.toBe(first.jws.token);
    const stolen = world.bytes("RS-SPOC", encodeEnvelope({ message: first.jws.token }));
    const decided = await ledger.appendInputs([again.input, stolen]);
    expect(decided.map(toWord)).toEqual([
      `repeat of ${ledger.records.length - 2}`,
      "identity/issuer-not-account",
    ]);
  });
});
