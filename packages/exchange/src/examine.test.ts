import {
  type ErrorCode,
  encodeCanonicalBytes,
  encodeEnvelope,
  limits,
  parseEnvelope,
  toDigest,
} from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { checkSignature, examine } from "./examine.ts";
import { toAgency, toAnchor } from "./genesis.testkit.ts";
import { createTestLedger, startTestLedger } from "./ledger.testkit.ts";
import { createWorld, toAccount, toEncryptionKey, toRegisteredKey } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

async function examineText(bytes: Uint8Array | string) {
  const examined = await examine(world.bytes("AL-SPOC", bytes));
  expect(examined.kind).toBe("unusable");
  return examined.kind === "unusable" ? examined.code : undefined;
}

async function examineEnvelope(change: (envelope: Record<string, unknown>) => unknown) {
  const { input } = await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], {}, { text: "text" });
  return examineText(encodeCanonicalBytes(change(parseEnvelope(input.bytes))));
}

describe("what is unusable", () => {
  const texts: [string, ErrorCode][] = [
    ["", "input/not-json"],
    ["garbage", "input/not-json"],
    ["[]", "input/schema"],
    ["{}", "input/schema"],
    ['{"message":1}', "input/schema"],
    ['{"message":"x","statement":"x"}', "input/schema"],
    ['{ "message":"x"}', "input/not-canonical"],
    ['{"message":"x","message":"x"}', "input/not-canonical"],
    ["[".repeat(limits.JSON_DEPTH_MAX + 1), "input/too-deep"],
    ['{"message":"x"}', "jws/malformed"],
    ['{"statement":"a.b.c.d"}', "jws/malformed"],
  ];
  test.each(texts)("%j is %s", async (text, code) => {
    expect(await examineText(text)).toBe(code);
  });

  test("not UTF-8, and one byte too many", async () => {
    expect(await examineText(Uint8Array.of(0xff))).toBe("input/not-json");
    expect(await examineText(new Uint8Array(limits.MESSAGE_BYTES_MAX + 1))).toBe("input/too-large");
  });

  test("a message as a statement, a statement as a message", async () => {
    const message = await world.message("AL-SPOC", ["RS-SPOC"]);
    const statement = await world.statement("AL", toAgency("AL-SPOC"));
    expect(await examineText(encodeEnvelope({ statement: message.jws.token }))).toBe("jws/type");
    expect(await examineText(encodeEnvelope({ message: statement.jws.token }))).toBe("jws/type");
  });

  const claims: [Record<string, unknown>, ErrorCode][] = [
    [{ kind: "gossip" }, "input/kind-unknown"],
    [{ v: 2 }, "input/version-unknown"],
    [{ extra: true }, "input/schema"],
    [{ to: [] }, "input/schema"],
    [{ id: "00000000-0000-4000-8000-000000000000" }, "input/schema"],
    [{ extra: "x".repeat(limits.CLAIMS_BYTES_MAX) }, "input/too-large"],
  ];
  test.each(claims)("claims with %j are %s", async (change, code) => {
    const { input } = await world.message("AL-SPOC", ["RS-SPOC"], change);
    expect(await examineText(input.bytes)).toBe(code);
  });

  test("a body that is missing, unannounced, altered or for others", async () => {
    expect(await examineEnvelope(({ message }) => ({ message }))).toBe("body/missing");
    const bare = await world.message("AL-SPOC", ["RS-SPOC"]);
    expect(await examineEnvelope(({ body }) => ({ message: bare.jws.token, body }))).toBe("body/missing");
    const other = await world.message("AL-SPOC", ["RS-SPOC"], {}, { text: "another text" });
    const foreign = parseEnvelope(other.input.bytes);
    expect(await examineEnvelope((own) => ({ ...foreign, message: own.message }))).toBe("body/digest");
    const withBody = (change: (body: Record<string, unknown>) => unknown) =>
      examineEnvelope(({ message, body }) => ({ message, body: change(body as Record<string, unknown>) }));
    expect(await withBody((body) => ({ ...body, extra: 1 }))).toBe("body/malformed");
    expect(await withBody((body) => ({ ...body, recipients: (body.recipients as unknown[]).slice(1) }))).toBe(
      "body/recipients-differ",
    );
  });

  test("a given-up input, without being looked at", async () => {
    const { input } = await world.message("AL-SPOC", ["RS-SPOC"]);
    const examined = await examine({ ...input, isGivenUp: true });
    expect(examined).toMatchObject({ kind: "unusable", code: "input/unprocessable" });
  });
});

describe("keys of a statement", () => {
  const ed25519 = toRegisteredKey("spare");
  const p256 = toRegisteredKey("spare-p256");
  const x25519 = toEncryptionKey("spare");
  const bad: [string, unknown][] = [
    ["another key's thumbprint", { ...ed25519, kid: p256.kid }],
    ["a point off P-256", withJwk(p256, { y: p256.jwk.x })],
    ["the neutral point of Ed25519", withJwk(ed25519, { x: `AQ${"A".repeat(41)}` })],
    ["zero on X25519", withJwk(x25519, { x: "A".repeat(43) })],
  ];
  test.each(bad)("%s is key/invalid", async (_name, key) => {
    const { input } = await world.statement("AL", toAgency("AL-SPOC", { keys: [key as typeof ed25519] }));
    expect(await examineText(input.bytes)).toBe("key/invalid");
  });

  const unformed: [string, object][] = [
    ["a private part", withJwk(ed25519, { d: ed25519.jwk.x })],
    ["an algorithm of another use", { ...ed25519, alg: "ECDH-ES+A256KW" }],
    ["an algorithm nobody knows", { ...ed25519, alg: "none" }],
  ];
  test.each(unformed)("%s is input/schema", async (_name, key) => {
    const { input } = await world.statement("AL", toAgency("AL-SPOC", { keys: [key as typeof ed25519] }));
    expect(await examineText(input.bytes)).toBe("input/schema");
  });

  test("the anchor's keys for the policy service are checked too", async () => {
    const keys = [{ ...toRegisteredKey("policy"), kid: ed25519.kid }];
    const { input } = await world.statement("anchor", toAnchor({ policyKeys: keys }));
    expect(await examineText(input.bytes)).toBe("key/invalid");
  });
});

/** With the thumbprint of what it now is: only the point itself is wrong. */
function withJwk(key: ReturnType<typeof toRegisteredKey>, change: Record<string, string>): object {
  const jwk = { ...key.jwk, ...change };
  const { d: _d, ...required } = jwk as Record<string, string>;
  return { ...key, jwk, kid: toDigest(encodeCanonicalBytes(required)) };
}

describe("checkSignature", () => {
  test("valid under the registered key, whatever the account", async () => {
    const own = await examine((await world.message("AL-SPOC", ["RS-SPOC"])).input);
    expect(await checkSignature(own, ledger.state)).toBe("valid");
    expect(await checkSignature({ ...own, account: toAccount("RS-SPOC") }, ledger.state)).toBe("valid");
  });

  test("a key that is not registered; a code where nothing could be taken apart", async () => {
    const foreign = await examine((await world.message("AL-SPOC", ["RS-SPOC"], {}, { key: "spare" })).input);
    expect(await checkSignature(foreign, ledger.state)).toBe("jws/key-unknown");
    const garbage = await examine(world.bytes("AL-SPOC", "garbage"));
    expect(await checkSignature(garbage, ledger.state)).toBe("input/not-json");
  });

  test("altered content under a genuine signature, and a signature of another message", async () => {
    const [one, other] = [
      await world.message("AL-SPOC", ["RS-SPOC"]),
      await world.message("AL-SPOC", ["RS-FIU"]),
    ];
    const [header, , signature] = one.jws.token.split(".");
    const token = [header, other.jws.token.split(".")[1], signature].join(".");
    const mixed = await examine(world.bytes("AL-SPOC", encodeEnvelope({ message: token })));
    expect(await checkSignature(mixed, ledger.state)).toBe("jws/signature-invalid");
  });

  test("the anchor's own key counts before anything is recorded, if it is the pinned one", async () => {
    const empty = createTestLedger(world).state;
    const genesis = await examine((await world.statement("anchor", toAnchor())).input);
    expect(await checkSignature(genesis, empty)).toBe("valid");
    const usurped = await examine(
      (await world.statement("anchor", toAnchor({ keys: [toRegisteredKey("spare")] }), { key: "spare" }))
        .input,
    );
    expect(await checkSignature(usurped, empty)).toBe("jws/key-unknown");
    expect(await checkSignature(usurped, ledger.state)).toBe("jws/key-unknown");
  });
});
