import { encodeUtf8, LeixError } from "@leix/protocol";
import {
  cosignCheckpoint,
  createSigner,
  encodeCheckpoint,
  encodeNote,
  type NoteSigner,
  signNote,
  toEmptyRoot,
} from "@leix/tlog";
import { beforeAll, describe, expect, test } from "vitest";
import { toAgency, toAnchor } from "./genesis.testkit.ts";
import { createTestLedger, startTestLedger, type TestLedger } from "./ledger.testkit.ts";
import { acceptLedgerCheckpoint, listLogKeys, listLogKeysOf, listWitnesses } from "./witnesses.ts";
import {
  createWorld,
  NOW,
  type SignerName,
  toEncryptionKey,
  toRegisteredKey,
  toSigningKey,
} from "./world.testkit.ts";

const world = createWorld();
const { aud } = world.trust;
let ledger: TestLedger;

/** Which key of the world cosigns for which agency. */
const COSIGNERS = { "AL-SPOC": "spare", "RS-SPOC": "policy-next", "RS-FIU": "MK" } as const;
type WitnessName = keyof typeof COSIGNERS;

function toWitness(agency: WitnessName, version: number, changes: Parameters<typeof toAgency>[1] = {}) {
  const cosign = toRegisteredKey(COSIGNERS[agency], { use: "cosign" });
  const keys = [toRegisteredKey(agency), toEncryptionKey(agency), cosign];
  return toAgency(agency, { version, keys, ...changes });
}

async function start(quorum: number | undefined): Promise<TestLedger> {
  const started = createTestLedger(world);
  const genesis = await startTestLedger(world);
  const changes = quorum === undefined ? {} : { witnessQuorum: quorum };
  await started.append(await world.statement("anchor", toAnchor(changes)));
  expect(started.state.witnessQuorum).toBe(quorum ?? 0);
  genesis.state.witnessQuorum = started.state.witnessQuorum;
  await genesis.append(
    await world.statement("anchor", {
      kind: "service",
      subject: "ledger",
      keys: [toRegisteredKey("ledger")],
      status: "active",
    }),
    await world.statement("AL", toWitness("AL-SPOC", 2)),
    await world.statement("RS", toWitness("RS-SPOC", 2)),
  );
  return genesis;
}

beforeAll(async () => {
  ledger = await start(1);
});

const TEXT = encodeCheckpoint({ origin: `${aud}/ledger`, size: 0, root: toEmptyRoot(), extensions: [] });

function toSigner(agency: WitnessName): Promise<NoteSigner<"cosignature/v1">> {
  return createSigner(`${aud}/witness/${agency}`, "cosignature/v1", toSigningKey(COSIGNERS[agency]));
}

async function toNote(by: SignerName, ...witnesses: readonly WitnessName[]): Promise<Uint8Array> {
  const log = await createSigner(`${aud}/ledger`, "ed25519", toSigningKey(by));
  const lines = witnesses.map(async (one) => cosignCheckpoint(TEXT, NOW, await toSigner(one)));
  return encodeNote({ text: TEXT, signatures: [await signNote(TEXT, log), ...(await Promise.all(lines))] });
}

async function accept(note: Uint8Array, on = ledger, now = NOW): Promise<string> {
  try {
    const { cosignatures } = await acceptLedgerCheckpoint(note, on.state, now);
    return cosignatures.map(({ witness }) => witness).join(" ");
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}

describe("the witnesses of a state", () => {
  test("are its active agencies with a key to cosign", () => {
    const found = listWitnesses(ledger.state, NOW).map(({ agency, key }) => [agency, key.name]);
    expect(found).toEqual([
      ["AL-SPOC", `${aud}/witness/AL-SPOC`],
      ["RS-SPOC", `${aud}/witness/RS-SPOC`],
    ]);
    const { exp } = toRegisteredKey("spare");
    expect(listWitnesses(ledger.state, exp)).toEqual([]);
    expect(listWitnesses(ledger.state, exp - 1)).toHaveLength(2);
  });

  test("count once each, with the key whose time began last; not when they are suspended", async () => {
    const other = await start(0);
    const later = toRegisteredKey("MK", { use: "cosign", nbf: NOW });
    const { keys = [] } = toWitness("AL-SPOC", 3);
    await other.append(
      await world.statement("AL", toAgency("AL-SPOC", { version: 3, keys: [...keys, later] })),
    );
    const idsAt = (at: number) => listWitnesses(other.state, at).map(({ key }) => key.keyId);
    expect(idsAt(NOW)).toHaveLength(2);
    expect(idsAt(NOW)[0]).not.toBe(idsAt(NOW - 1)[0]);
    await other.append(await world.statement("RS", toWitness("RS-SPOC", 3, { status: "suspended" })));
    expect(listWitnesses(other.state, NOW).map(({ agency }) => String(agency))).toEqual(["AL-SPOC"]);
  });
});

describe("a checkpoint", () => {
  test("is relied on with the quorum's cosignatures, and not with fewer", async () => {
    expect(await accept(await toNote("ledger", "AL-SPOC"))).toBe(`${aud}/witness/AL-SPOC`);
    expect(await accept(await toNote("ledger"))).toBe("tlog/quorum");
    expect(await accept(await toNote("ledger", "RS-FIU"))).toBe("tlog/quorum");
    const none = await start(undefined);
    expect(await accept(await toNote("ledger"), none)).toBe("");
    const both = await start(2);
    expect(await accept(await toNote("ledger", "AL-SPOC"), both)).toBe("tlog/quorum");
    expect(await accept(await toNote("ledger", "AL-SPOC", "RS-SPOC"), both)).toContain("RS-SPOC");
    const three = await start(3);
    expect(await accept(await toNote("ledger", "AL-SPOC", "RS-SPOC"), three)).toBe("tlog/policy");
  });

  test("is not relied on where another key signed it, or the ledger service's time is over", async () => {
    expect(await accept(await toNote("spare", "AL-SPOC"))).toBe("tlog/note-unsigned");
    expect(await accept(encodeUtf8("no note"))).toBe("tlog/note");
    const { exp } = toRegisteredKey("ledger");
    expect(await accept(await toNote("ledger", "AL-SPOC"), ledger, exp)).toBe("tlog/note-unsigned");
  });

  test("of a ledger service that is suspended counts no more, but stays signed by its key", async () => {
    const ended = await start(0);
    const statement = { kind: "service", subject: "ledger", version: 2, status: "suspended" } as const;
    const keys = [toRegisteredKey("ledger")];
    await ended.append(await world.statement("anchor", { ...statement, keys }));
    expect(await accept(await toNote("ledger"), ended)).toBe("tlog/note-unsigned");
    expect([listLogKeys(ended.state, NOW).length, listLogKeys(ended.state).length]).toEqual([0, 1]);
  });

  test("may be signed with a key that was replaced as long as it does not cover that", async () => {
    const other = await start(0);
    const replace = async (version: number, ...keys: readonly SignerName[]): Promise<number> => {
      const statement = { kind: "service", subject: "ledger", version, status: "active" } as const;
      const registered = keys.map((key) => toRegisteredKey(key));
      await other.append(await world.statement("anchor", { ...statement, keys: registered }));
      return other.state.head.index;
    };
    const [old] = listLogKeys(other.state);
    const both = await replace(2, "ledger", "MK");
    const [, next] = listLogKeys(other.state);
    const replaced = await replace(3, "MK");
    expect(listLogKeysOf(other.state, both)).toEqual([old, next]);
    expect(listLogKeysOf(other.state, replaced - 1)).toEqual([old, next]);
    expect(listLogKeysOf(other.state, replaced)).toEqual([next]);
    expect([listLogKeys(other.state, NOW), listLogKeys(other.state)]).toEqual([[next], [old, next]]);
    // Named again, it is no key that comes back.
    expect(await replace(4, "ledger", "MK")).toBe(replaced + 1);
    expect(listLogKeysOf(other.state, replaced + 1)).toEqual([next]);
  });
});
