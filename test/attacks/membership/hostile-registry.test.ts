import { readLedger } from "@leix/broker";
import { type ErrorCode, encodeCanonicalBytes, invariant, parseJws } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { createSigner, type ExchangeNode, signToken } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, listKeys, startAssault } from "../assault.ts";
import { toProofs } from "../proofs.ts";

/**
 * Whoever answers `leix.rules` in the registry's place tells members who is who. They believe nothing of it
 * that the anchor's key, the authorities' and the policy service's do not vouch for, and keep what they have.
 */
const MEMBER = "RS-FIU";

let assault: Assault;
let member: ExchangeNode;
let registry: PartyConnection;
/** The record of a key that was registered since the member looked, and of one of the genesis. */
let newest: Plain;
let early: Plain;
/** What the hostile registry answers. */
let answer: () => unknown = () => ({ records: [] });

interface Plain {
  readonly statement: string;
  readonly decision: string;
}

beforeAll(async () => {
  assault = await startAssault({ readers: [MEMBER] });
  member = assault.exchange.node(MEMBER);
  await assault.exchange.running.service("registry").stop();
  const { key, registered } = createSigner();
  const keys = [...listKeys(assault.forge, ATTACKER), registered];
  const proofs = await toProofs(assault.forge, ATTACKER, keys, [key]);
  expect(await assault.state("AL", "agency", ATTACKER, { version: 2, keys, proofs })).toBe("recorded");
  const records = await readRecords();
  [early, newest] = [records[3], records.at(-1)] as [Plain, Plain];
  invariant(early && newest, "records");
  registry = await assault.exchange.connect("registry");
  registry.subscribe("leix.rules.*", {
    callback: (_error, question) => void question.respond(toBytes(answer())),
  });
  await registry.flush();
});
afterAll(async () => {
  await registry?.close();
  await assault?.[Symbol.asyncDispose]();
});

function readRecords(): Promise<Plain[]> {
  return assault.exchange.as("auditor", async (nc) => {
    const records: Plain[] = [];
    for await (const { data } of readLedger(nc, 1)) records.push(JSON.parse(new TextDecoder().decode(data)));
    return records;
  });
}

const toBytes = (value: unknown) => (value instanceof Uint8Array ? value : encodeCanonicalBytes(value));
const tell = (...records: readonly object[]) => ({ records: records.map((record) => ({ record })) });

/** The same decision, its content changed or not, under another key. */
async function signAnew(decision: string, party: string, change: object = {}): Promise<string> {
  const key = await assault.forge.signingKey(party);
  const [token = "", ...rest] = decision.split("~");
  const { header, payload } = parseJws(token, "leix-decision+sd-jwt", token.length);
  const content = { ...(payload as object), ...change };
  const forged = signToken({ ...header, alg: key.alg, kid: key.kid }, encodeCanonicalBytes(content), key);
  return [forged, ...rest].join("~");
}

/** The authority's genuine signature over another payload. */
function alter(token: string): string {
  const [header, payload = "", signature] = token.split(".");
  const statement = JSON.parse(Buffer.from(payload, "base64url").toString());
  const altered = encodeCanonicalBytes({ ...statement, role: "spoc" });
  return [header, Buffer.from(altered).toString("base64url"), signature].join(".");
}

async function refuses(code: ErrorCode): Promise<void> {
  await expect(member.node.refreshMembership()).rejects.toMatchObject({ code });
}

describe("an answer in the registry's place", () => {
  const ANSWERS: readonly (readonly [string, ErrorCode, () => unknown])[] = [
    ["that is no JSON", "input/not-json", () => new TextEncoder().encode("{")],
    ["of another form", "input/schema", () => ({ records: "none" })],
    ["with a record of no form", "record/malformed", () => tell({ hello: 1 })],
    ["with a record of the genesis again", "record/index", () => tell(early)],
    [
      "with a statement altered after it was signed",
      "record/input",
      () => tell({ ...newest, statement: alter(newest.statement) }),
    ],
    [
      "with the statement of another record",
      "record/input",
      () => tell({ ...newest, statement: early.statement }),
    ],
  ];
  it.each(ANSWERS)("%s: %s", async (_name, code, make) => {
    answer = make;
    await refuses(code);
  });

  it.each([ATTACKER, "AL", "anchor"])("with a record that %s has signed: jws/key-unknown", async (party) => {
    const decision = await signAnew(newest.decision, party);
    answer = () => tell({ ...newest, decision });
    await refuses("jws/key-unknown");
  });

  it("with the policy service's own key, over another account: record/decided-otherwise", async () => {
    const [token = ""] = newest.decision.split("~");
    const { payload } = parseJws(token, "leix-decision+sd-jwt", token.length);
    const input = { ...(payload as { input: object }).input, account: assault.exchange.accountOf("RS") };
    const decision = await signAnew(newest.decision, "policy", { input });
    answer = () => tell({ ...newest, decision });
    await refuses("record/decided-otherwise");
  });

  it("that is the ledger's own is believed, after all of those (control)", async () => {
    const pages = [tell(newest)];
    answer = () => pages.shift() ?? tell();
    expect(await member.node.refreshMembership()).toBe(1);
  });
});
