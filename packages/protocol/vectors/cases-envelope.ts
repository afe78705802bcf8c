import { encodeCanonical, toDigest } from "../src/index.ts";
import type { Chain } from "./chain.ts";
import type { Case } from "./run.ts";

export function listEnvelopeCases({ envelope, copy, message, body, decision }: Chain): Case[] {
  const { token } = message;
  const shown = `${decision.jws.token}~`;
  const alone = encodeCanonical({ message: token });
  const valid = (name: string, proves: string, text: string, members: string[]): Case => ({
    name: `valid/envelope-${name}`,
    what: "envelope",
    proves,
    input: { text },
    expect: { digest: toDigest(text), members },
  });
  const invalid: readonly (readonly [string, string, string, string, string])[] = [
    [
      "envelope",
      "both",
      "One envelope, one input.",
      encodeCanonical({ message: token, statement: token }),
      "input/schema",
    ],
    ["envelope", "neither", "An envelope has an input.", "{}", "input/schema"],
    [
      "envelope",
      "unknown-member",
      "No other members.",
      encodeCanonical({ message: token, note: "x" }),
      "input/schema",
    ],
    [
      "envelope",
      "body-malformed",
      "A fault of the body alone has its own code.",
      encodeCanonical({ message: token, body: { ...body, zip: "DEF" } }),
      "body/malformed",
    ],
    [
      "envelope",
      "white-space",
      "An envelope is canonical JSON.",
      alone.replace(":", ": "),
      "input/not-canonical",
    ],
    ["envelope", "cut", "An envelope is JSON.", envelope.slice(0, -1), "input/not-json"],
    ["copy", "no-decision", "A copy comes with its decision.", alone, "input/schema"],
    [
      "copy",
      "body-malformed",
      "A fault of the body alone has its own code.",
      encodeCanonical({ message: token, decision: shown, body: {} }),
      "body/malformed",
    ],
  ];
  return [
    valid("message", "A message with its body.", envelope, ["body", "message"]),
    valid("message-alone", "A message that binds no body travels alone.", alone, ["message"]),
    valid("statement", "A statement.", encodeCanonical({ statement: token }), ["statement"]),
    {
      name: "valid/copy",
      what: "copy",
      proves: "What a recipient's inbox holds: one entry, one outcome.",
      input: { text: copy },
      expect: { members: ["body", "decision", "message"] },
    },
    ...invalid.map(([what, name, proves, text, code]) => ({
      name: `invalid/${what}-${name}`,
      what,
      proves,
      input: { text },
      code,
    })),
  ];
}
