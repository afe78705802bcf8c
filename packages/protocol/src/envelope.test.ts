import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, errorOf } from "../vectors/codes.ts";
import { KEYS } from "../vectors/examples.ts";
import { type Body, encryptBody } from "./body.ts";
import { encodeUtf8 } from "./bytes.ts";
import { encodeCanonicalBytes } from "./canonical.ts";
import { encodeEnvelope, parseCopy, parseEnvelope, parseNoticeCopy, parseReply } from "./envelope.ts";
import { BROKER_PAYLOAD_BYTES_MAX, MESSAGE_BYTES_MAX } from "./limits.ts";

const { registered } = KEYS.customsEnc;
const createBody = async (): Promise<Body> =>
  (await encryptBody(encodeUtf8("x"), [registered], new Uint8Array(32))).body;
const toBytes = (value: unknown) => encodeCanonicalBytes(value);

describe("an envelope", () => {
  it("comes back as it was sent: a message, a message with its body, a statement, a tick", async () => {
    const body = await createBody();
    for (const envelope of [
      { message: "a.b.c" },
      { message: "a.b.c", body },
      { statement: "a.b.c" },
      { tick: 0 },
      { tick: 253_402_300_799 },
    ]) {
      expect(parseEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
    }
  });

  it.each([
    ["neither", {}],
    ["both", { message: "a", statement: "b" }],
    ["a statement with a body", { statement: "a", body: {} }],
    ["an unknown member", { message: "a", note: "x" }],
    ["a tick and a message", { tick: 1, message: "a" }],
    ["a tick and a statement", { tick: 1, statement: "a" }],
    ["a tick with a body", { tick: 1, body: {} }],
    ["a tick with an unknown member", { tick: 1, note: "x" }],
    ["a tick with a signature", { tick: 1, kid: "a" }],
    ["a tick of a fraction", { tick: 1.5 }],
    ["a tick before the epoch", { tick: -1 }],
    ["a tick after the year 9999", { tick: 253_402_300_800 }],
    ["a tick as text", { tick: "1" }],
    ["a tick of nothing", { tick: null }],
    ["a list of ticks", { tick: [1] }],
    ["a message that is no text", { message: { payload: "a" } }],
    ["a list", [{ message: "a" }]],
    ["a text", "a.b.c"],
    ["null", null],
    ["a number", 1],
    ["a member named __proto__", JSON.parse('{"__proto__":{"message":"a"}}')],
    ["a message and a member named __proto__", JSON.parse('{"__proto__":{},"message":"a"}')],
  ])("with %s is refused", (_, value) => {
    expect(codeOf(() => parseEnvelope(toBytes(value)))).toBe("input/schema");
  });

  it("tells whether only the body is at fault", () => {
    for (const body of [null, {}, "x", [], { ciphertext: "" }]) {
      expect(codeOf(() => parseEnvelope(toBytes({ message: "a", body })))).toBe("body/malformed");
      expect(codeOf(() => parseEnvelope(toBytes({ message: 1, body })))).toBe("input/schema");
    }
  });

  it("is refused at the sender, and at the receiver, above its limit", () => {
    const overhead = toBytes({ message: "" }).byteLength;
    const fits = { message: "x".repeat(MESSAGE_BYTES_MAX - overhead) };
    const over = { message: `${fits.message}x` };
    expect(encodeEnvelope(fits).byteLength).toBe(MESSAGE_BYTES_MAX);
    expect(codeOf(() => encodeEnvelope(over))).toBe("input/too-large");
    expect(codeOf(() => parseEnvelope(toBytes(over)))).toBe("input/too-large");
  });

  it("is refused in any spelling but the canonical one", () => {
    expect(codeOf(() => parseEnvelope(encodeUtf8('{"message": "a"}')))).toBe("input/not-canonical");
    expect(codeOf(() => parseEnvelope(encodeUtf8('{"message":"a","message":"a"}')))).toBe(
      "input/not-canonical",
    );
    expect(codeOf(() => parseEnvelope(encodeUtf8('{"message":"a"')))).toBe("input/not-json");
    expect(codeOf(() => parseEnvelope(Uint8Array.from([0xff])))).toBe("input/not-json");
    expect(codeOf(() => parseEnvelope(encodeUtf8(`{"body":${"[".repeat(99)}`)))).toBe("input/too-deep");
  });

  it("of any bytes at all is refused with a code, and with nothing of it", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json({ maxDepth: 4 }).map(encodeUtf8),
      fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme" }).map(toBytes),
      fc.record({ message: fc.jsonValue(), body: fc.jsonValue() }, { requiredKeys: [] }).map(toBytes),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        if (codeOf(() => parseEnvelope(input)) === "not refused") return;
        const { code, detail } = errorOf(() => parseEnvelope(input));
        expect(code).toMatch(/^(?:input|body)\//);
        expect(detail.length).toBeLessThan(1_000);
      }),
    );
  });
});

describe("a copy", () => {
  it("comes back as it was laid down, with a body or without", async () => {
    for (const copy of [
      { message: "a", decision: "d" },
      { message: "a", decision: "d", body: await createBody() },
    ]) {
      expect(parseCopy(toBytes(copy))).toEqual(copy);
    }
  });

  it("needs its decision, and nothing more", () => {
    for (const value of [
      { message: "a" },
      { decision: "d" },
      { message: "a", decision: "d", more: 1 },
      [],
      null,
    ]) {
      expect(codeOf(() => parseCopy(toBytes(value)))).toBe("input/schema");
    }
    expect(codeOf(() => parseCopy(toBytes({ message: "a", decision: "d", body: {} })))).toBe(
      "body/malformed",
    );
    expect(codeOf(() => parseCopy(encodeUtf8("x".repeat(BROKER_PAYLOAD_BYTES_MAX + 1))))).toBe(
      "input/too-large",
    );
  });
});

describe("a reply", () => {
  it("comes back as it was laid down, with a detail or without", () => {
    for (const reply of [{ decision: "d" }, { decision: "d", detail: "x".repeat(1_000) }]) {
      expect(parseReply(toBytes(reply))).toEqual(reply);
    }
  });

  it("needs its decision, and bounds its detail", () => {
    for (const value of [
      {},
      { decision: 1 },
      { decision: "d", more: 1 },
      { decision: "d", detail: "x".repeat(1_001) },
    ]) {
      expect(codeOf(() => parseReply(toBytes(value)))).toBe("input/schema");
    }
    expect(codeOf(() => parseReply(encodeUtf8("x".repeat(BROKER_PAYLOAD_BYTES_MAX + 1))))).toBe(
      "input/too-large",
    );
  });
});

describe("a notice", () => {
  it("comes back as it was laid down", () => {
    expect(parseNoticeCopy(toBytes({ decision: "d" }))).toEqual({ decision: "d" });
  });

  it("has its decision, no message, and nothing in words", () => {
    for (const value of [
      {},
      { decision: 1 },
      { decision: "d", message: "a" },
      { decision: "d", detail: "x" },
      [],
      null,
    ]) {
      expect(codeOf(() => parseNoticeCopy(toBytes(value)))).toBe("input/schema");
    }
    expect(codeOf(() => parseNoticeCopy(encodeUtf8('{"decision": "d"}')))).toBe("input/not-canonical");
    expect(codeOf(() => parseNoticeCopy(encodeUtf8("x".repeat(BROKER_PAYLOAD_BYTES_MAX + 1))))).toBe(
      "input/too-large",
    );
  });
});
