import { type AgencyId, LeixError, type RegisteredKey } from "@leix/protocol";
import {
  cosignCheckpoint,
  createSigner,
  encodeCheckpoint,
  encodeNote,
  signNote,
  toEmptyRoot,
} from "@leix/tlog";
import { describe, expect, test, vi } from "vitest";
import { type AgencyName, toAgency, toAuthority } from "./genesis.testkit.ts";
import { startTestLedger, type TestLedger } from "./ledger.testkit.ts";
import { acceptLedgerCheckpoint, countCountries, toWitnessQuorum } from "./witnesses.ts";
import {
  createWorld,
  NOW,
  type SignerName,
  toEncryptionKey,
  toRegisteredKey,
  toSigningKey,
} from "./world.testkit.ts";

vi.setConfig({ testTimeout: 60_000 });

const DAY = 86_400;
const world = createWorld();
const { aud } = world.trust;
const TEXT = encodeCheckpoint({ origin: `${aud}/ledger`, size: 0, root: toEmptyRoot(), extensions: [] });

/** Who cosigned, with which key, and what time it says. */
type Line = readonly [AgencyName, SignerName, number?];

const toCosign = (key: SignerName, changes: { nbf?: number; exp?: number } = {}): RegisteredKey =>
  toRegisteredKey(key, { use: "cosign", ...changes });

/** Registers which keys an agency cosigns with from now on. */
async function appoint(
  { append }: TestLedger,
  agency: AgencyName,
  version: number,
  cosign: readonly RegisteredKey[],
  status: "active" | "suspended" = "active",
): Promise<void> {
  const keys = [toRegisteredKey(agency), toEncryptionKey(agency), ...cosign];
  const by = agency.startsWith("AL") ? "AL" : "RS";
  await append(await world.statement(by, toAgency(agency, { version, keys, status })));
}

async function start(quorum: number): Promise<TestLedger> {
  const ledger = await startTestLedger(world);
  const service = { kind: "service", subject: "ledger", status: "active" } as const;
  await ledger.append(await world.statement("anchor", { ...service, keys: [toRegisteredKey("ledger")] }));
  ledger.state.witnessQuorum = quorum;
  return ledger;
}

async function accept(
  { state }: TestLedger,
  lines: readonly Line[],
  now = NOW,
  ownQuorum?: number,
): Promise<string> {
  const log = await createSigner(`${aud}/ledger`, "ed25519", toSigningKey("ledger"));
  const cosigned = lines.map(async ([agency, key, at = NOW]) => {
    const signer = await createSigner(`${aud}/witness/${agency}`, "cosignature/v1", toSigningKey(key));
    return cosignCheckpoint(TEXT, at, signer);
  });
  const signatures = [await signNote(TEXT, log), ...(await Promise.all(cosigned))];
  try {
    await acceptLedgerCheckpoint(encodeNote({ text: TEXT, signatures }), state, now, ownQuorum);
    return "accepted";
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}

const count = ({ state }: TestLedger, ...agencies: readonly AgencyName[]) =>
  countCountries(state, agencies as readonly string[] as AgencyId[]);

describe("a quorum counts countries", () => {
  const AL: Line = ["AL-SPOC", "spare"];
  const CUSTOMS: Line = ["AL-CUSTOMS", "policy-next"];
  const RS: Line = ["RS-SPOC", "MK"];

  async function startWithThree(quorum: number): Promise<TestLedger> {
    const ledger = await start(quorum);
    for (const [agency, key] of [AL, CUSTOMS, RS]) await appoint(ledger, agency, 2, [toCosign(key)]);
    return ledger;
  }

  test("each by its single point of contact: other agencies of a country make it no larger", async () => {
    const ledger = await startWithThree(2);
    expect(count(ledger, "AL-SPOC", "AL-CUSTOMS", "AL-SPOC")).toBe(1);
    expect(count(ledger, "AL-CUSTOMS", "RS-FIU")).toBe(0);
    expect(await accept(ledger, [AL, CUSTOMS])).toBe("tlog/quorum");
    expect(await accept(ledger, [CUSTOMS, RS])).toBe("tlog/quorum");
    expect(await accept(ledger, [AL, CUSTOMS, RS])).toBe("accepted");
    // A quorum of one's own may be larger, and never smaller.
    expect(await accept(ledger, [AL, RS], NOW, 1)).toBe("accepted");
    expect(await accept(ledger, [AL, CUSTOMS], NOW, 1)).toBe("tlog/quorum");
    ledger.state.witnessQuorum = 1;
    expect(await accept(ledger, [AL], NOW, 2)).toBe("tlog/quorum");
  });

  test("as the acceptance of a checkpoint does, for every group of agencies", async () => {
    const ledger = await startWithThree(0);
    const all = [AL, CUSTOMS, RS];
    for (let set = 0; set < 2 ** all.length; set++) {
      const lines = all.filter((_, i) => (set >> i) % 2 === 1);
      const countries = count(ledger, ...lines.map(([agency]) => agency));
      for (const quorum of [0, 1, 2]) {
        ledger.state.witnessQuorum = quorum;
        const expected = countries >= quorum ? "accepted" : "tlog/quorum";
        expect([set, quorum, await accept(ledger, lines)]).toEqual([set, quorum, expected]);
      }
    }
  });

  test("follows the country: another point of contact, or an authority that is suspended", async () => {
    const ledger = await startWithThree(1);
    const spoc = "AL-CUSTOMS" as AgencyId;
    await ledger.append(await world.statement("anchor", toAuthority("AL", { version: 2, spoc })));
    expect([count(ledger, "AL-SPOC"), count(ledger, "AL-CUSTOMS")]).toEqual([0, 1]);
    expect([await accept(ledger, [AL]), await accept(ledger, [CUSTOMS])]).toEqual([
      "tlog/quorum",
      "accepted",
    ]);
    const suspended = toAuthority("AL", { version: 3, spoc, status: "suspended" });
    await ledger.append(await world.statement("anchor", suspended));
    expect(count(ledger, "AL-SPOC", "AL-CUSTOMS", "RS-SPOC")).toBe(1);
    expect(await accept(ledger, [CUSTOMS])).toBe("tlog/quorum");
  });

  test("and says what it is worth with the witnesses that there are", async () => {
    const ledger = await start(1);
    const worth = (at = NOW) => toWitnessQuorum(ledger.state, at);
    expect(worth()).toEqual({ quorum: 1, countries: 0, verdict: "unreachable" });
    await appoint(ledger, "AL-SPOC", 2, [toCosign("spare")]);
    await appoint(ledger, "AL-CUSTOMS", 2, [toCosign("policy-next")]);
    expect(worth()).toEqual({ quorum: 1, countries: 1, verdict: "sound" });
    await appoint(ledger, "RS-SPOC", 2, [toCosign("MK", { exp: NOW + DAY })]);
    expect(worth()).toEqual({ quorum: 1, countries: 2, verdict: "split" });
    expect(worth(NOW + DAY)).toEqual({ quorum: 1, countries: 1, verdict: "sound" });
  });
});

describe("a cosigning key", () => {
  const OLD: Line = ["AL-SPOC", "spare", NOW - DAY];
  const NEW: Line = ["AL-SPOC", "policy-next"];
  const RS: Line = ["RS-SPOC", "MK"];

  async function startWithTwo(): Promise<TestLedger> {
    const ledger = await start(2);
    await appoint(ledger, "AL-SPOC", 2, [toCosign("spare")]);
    await appoint(ledger, "RS-SPOC", 2, [toCosign("MK")]);
    return ledger;
  }

  test("that was replaced counts no more, whatever time it says, and the new one does", async () => {
    const ledger = await startWithTwo();
    expect([await accept(ledger, [OLD, RS]), await accept(ledger, [NEW, RS])]).toEqual([
      "accepted",
      "tlog/quorum",
    ]);
    await appoint(ledger, "AL-SPOC", 3, [toCosign("policy-next")]);
    expect([await accept(ledger, [OLD, RS]), await accept(ledger, [NEW, RS])]).toEqual([
      "tlog/quorum",
      "accepted",
    ]);
    expect(await accept(ledger, [OLD, NEW, RS])).toBe("accepted");
  });

  test("counts once with another of the same agency", async () => {
    const ledger = await startWithTwo();
    const later = toCosign("policy-next", { nbf: NOW });
    await appoint(ledger, "AL-SPOC", 3, [toCosign("spare"), later]);
    expect(await accept(ledger, [OLD, NEW])).toBe("tlog/quorum");
    expect(await accept(ledger, [NEW, RS])).toBe("accepted");
  });

  test("that was withdrawn makes the quorum unreachable, until there is another", async () => {
    const ledger = await startWithTwo();
    await appoint(ledger, "AL-SPOC", 3, []);
    expect(await accept(ledger, [OLD, RS])).toBe("tlog/policy");
    await appoint(ledger, "AL-SPOC", 4, [toCosign("policy-next")]);
    expect(await accept(ledger, [OLD, RS])).toBe("tlog/quorum");
    expect(await accept(ledger, [NEW, RS])).toBe("accepted");
  });

  test("counts from its first second to its last", async () => {
    const ledger = await start(1);
    await appoint(ledger, "AL-SPOC", 2, [toCosign("spare", { nbf: NOW, exp: NOW + DAY })]);
    const at = (now: number) => accept(ledger, [["AL-SPOC", "spare", now]], now);
    expect([await at(NOW - 1), await at(NOW)]).toEqual(["tlog/policy", "accepted"]);
    expect([await at(NOW + DAY - 1), await at(NOW + DAY)]).toEqual(["accepted", "tlog/policy"]);
  });

  test("of an agency that is suspended does not count, until it is active again", async () => {
    const ledger = await startWithTwo();
    await appoint(ledger, "AL-SPOC", 3, [toCosign("spare")], "suspended");
    expect(await accept(ledger, [OLD, RS])).toBe("tlog/policy");
    await appoint(ledger, "AL-SPOC", 4, [toCosign("spare")]);
    expect(await accept(ledger, [OLD, RS])).toBe("accepted");
  });
});
