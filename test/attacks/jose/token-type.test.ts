import { encodeCanonical, encodeCanonicalBytes } from "@leix/protocol";
import { forgeToken, type SigningPair, toText } from "@leix/protocol/vectors";
import { checkExactlyOnce, type Members, toForged } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, MARKER, startAssault } from "../assault.ts";

/** A header in another spelling than its one, and tokens of one type in the place of another. */
const TYP = "leix-message+jwt";

let assault: Assault;
let pair: SigningPair;
/** Proper claims, in their canonical form, and the body that they bind. */
let payload: string;
let body: Awaited<ReturnType<Assault["message"]>>["body"];
let claims: Members;
beforeAll(async () => {
  assault = await startAssault();
  pair = await assault.pair();
  ({ body, claims } = await assault.message());
  payload = encodeCanonical(claims);
});
afterAll(() => assault?.[Symbol.asyncDispose]());

const wrap = (token: string) => toForged(token, body, claims).bytes;
const toHeader = (more: Members = {}) =>
  encodeCanonical({ alg: pair.registered.alg, kid: pair.registered.kid, typ: TYP, ...more });

describe("jws/header: another spelling of the right one", () => {
  const CASES: readonly (readonly [string, (header: string, kid: string) => string])[] = [
    ["a duplicate alg, none first", (header) => header.replace("{", '{"alg":"none",')],
    ["a duplicate alg, none last", (header) => header.replace("}", ',"alg":"none"}')],
    ["a duplicate kid", (header, kid) => header.replace("}", `,"kid":"${kid}"}`)],
    ["a duplicate alg, escaped", (header) => header.replace("{", '{"\\u0061lg":"none",')],
    ["another order", (header) => `{${header.slice(1, -1).split(",").reverse().join(",")}}`],
    ["white space", (header) => header.replace("{", "{ ")],
    ["an escape", (header) => header.replace("leix", "\\u006ceix")],
    ["a byte-order mark", (header) => `\ufeff${header}`],
    ["a list", (header) => `[${header}]`],
    ["null", () => "null"],
    ["no JSON", () => "{"],
    ["nothing", () => ""],
    ["deep nesting", () => "[".repeat(100) + "]".repeat(100)],
    ["more than a header may have", (header) => header.replace("}", `,"x":"${MARKER.repeat(10)}"}`)],
  ];
  it.each(CASES)("%s", async (_name, change) => {
    const header = change(toHeader(), pair.registered.kid);
    await assault.refused(wrap(forgeToken(header, payload, pair)), "jws/header");
  });
});

describe("jws/malformed: no signature at all", () => {
  it("alg none, and an empty signature", async () => {
    const token = `${toText(toHeader({ alg: "none" }))}.${toText(payload)}.`;
    await assault.refused(wrap(token), "jws/malformed");
  });

  it("the right header, and an empty signature", async () => {
    await assault.refused(wrap(`${toText(toHeader())}.${toText(payload)}.`), "jws/malformed");
  });
});

describe("jws/type: one token taken for another", () => {
  it.each([
    "leix-statement+jwt",
    "leix-decision+sd-jwt",
    "leix-possession+jwt",
    "leix-body+jwe",
    "application/leix-message+jwt",
    "LEIX-MESSAGE+JWT",
    "JWT",
    "",
  ])("claims as %j", async (typ) => {
    await assault.refused(wrap(forgeToken(toHeader({ typ }), payload, pair)), "jws/type");
  });

  it("claims in the place of a statement", async () => {
    const token = forgeToken(toHeader(), payload, pair);
    await assault.refused(encodeCanonicalBytes({ statement: token }), "jws/type");
  });

  it("a country's genuine statement in the place of a message", async () => {
    const bytes = await assault.forge.statement("clearance", "AL-CUSTOMS", { version: 2 });
    const { statement } = JSON.parse(new TextDecoder().decode(bytes));
    await assault.refused(encodeCanonicalBytes({ message: statement }), "jws/type");
  });

  it("the policy service's genuine decision in the place of a message", async () => {
    const [record] = await assault.exchange.records();
    const token = record?.decision.jws.token;
    expect(token).toBeDefined();
    await assault.refused(encodeCanonicalBytes({ message: token }), "jws/type");
  });

  it("the policy service's genuine decision in the place of a statement", async () => {
    const [record] = await assault.exchange.records();
    await assault.refused(encodeCanonicalBytes({ statement: record?.decision.jws.token }), "jws/type");
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
