import { describe, expect, it } from "vitest";
import { z } from "zod";
import { errorOf } from "../vectors/codes.ts";
import { PAYLOADS, VERDICT } from "../vectors/examples.ts";
import { Body } from "./body.ts";
import { Claims } from "./claims.ts";
import { Decision, RecipientGrounds } from "./decision.ts";
import { Envelope } from "./envelope.ts";
import { Form } from "./forms.ts";
import { parseSchema } from "./parse.ts";
import { LedgerRecord } from "./record.ts";
import { Statement } from "./statement.ts";

const MARKER = "Marker7f3a";

describe("parseSchema", () => {
  const schema = z.strictObject({
    kind: z.enum(["a", "b"]),
    count: z.int().min(1).max(9),
    list: z.array(z.string().regex(/^x$/)).max(2).optional(),
  });

  it("gives back what follows the schema", () => {
    expect(parseSchema(schema, { kind: "a", count: 1 })).toEqual({ kind: "a", count: 1 });
  });

  it("names the members at fault", () => {
    const { code, detail } = errorOf(() => parseSchema(schema, { kind: "c", count: 10, list: ["x", "y"] }));
    expect(code).toBe("input/schema");
    for (const place of ["kind", "count", "list.1"]) expect(detail).toContain(`${place}: `);
  });

  it("throws the code it is given", () => {
    expect(errorOf(() => parseSchema(schema, 1, "record/malformed")).code).toBe("record/malformed");
  });

  it("says how many more there are", () => {
    const many = z.strictObject(Object.fromEntries([..."abcdefgh"].map((name) => [name, z.string()])));
    expect(errorOf(() => parseSchema(many, {})).detail).toContain("and 3 more");
  });

  it("keeps every detail short enough for a reply, whatever it was given", () => {
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`member${i}`, i]));
    for (const known of [Claims, Envelope, Statement, Body, Decision, LedgerRecord, Form]) {
      expect(errorOf(() => parseSchema(known, wide)).detail.length).toBeLessThan(1_000);
    }
  });
});

describe("details never repeat what was received", () => {
  const schemas = { Claims, Statement, Envelope, Body, Decision, LedgerRecord, Form, RecipientGrounds };
  const hostile = [
    MARKER,
    { [MARKER]: 1 },
    { kind: MARKER },
    { form: MARKER },
    { v: MARKER, message: MARKER, body: MARKER },
    { body: { ciphertext: MARKER, iv: MARKER, [MARKER]: MARKER } },
    {
      ...PAYLOADS.request,
      [MARKER]: MARKER,
      purpose: MARKER,
      iss: MARKER,
      to: [MARKER],
      declares: { [MARKER]: 1 },
    },
    { ...PAYLOADS.request, to: { [MARKER]: MARKER }, seq: MARKER, prev: [MARKER] },
    { ...VERDICT.grounds[0], facts: { [MARKER]: [[MARKER]], [`${MARKER} ${MARKER}`]: 1 }, checked: [MARKER] },
  ];

  it.each(Object.entries(schemas))("%s", (_, schema) => {
    for (const value of hostile) {
      const error = errorOf(() => parseSchema(schema, value));
      expect(error.cause).toBeUndefined();
      expect(`${error.message} ${error.detail} ${error.stack} ${error.explain()}`).not.toContain(MARKER);
    }
  });
});
