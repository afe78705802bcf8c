import { encodeCanonical, toDigest } from "../src/index.ts";
import type { Chain } from "./chain.ts";
import { NOW } from "./examples.ts";
import type { Case } from "./run.ts";

export function listEnvelopeCases({ envelope, copy, message, body, decision, event }: Chain): Case[] {
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
    [
      "envelope",
      "tick-with-statement",
      "A tick stands alone.",
      encodeCanonical({ statement: token, tick: NOW }),
      "input/schema",
    ],
    [
      "envelope",
      "tick-with-message",
      "A tick stands alone.",
      encodeCanonical({ message: token, tick: NOW }),
      "input/schema",
    ],
    ["envelope", "tick-fraction", "A tick is in whole seconds.", `{"tick":${NOW}.5}`, "input/schema"],
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
    [
      "notice-copy",
      "with-message",
      "A notice travels without the message it is about.",
      encodeCanonical({ message: token, decision: shown }),
      "input/schema",
    ],
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
    valid("tick", "A tick of the policy service's clock.", event.tick, ["tick"]),
    {
      name: "valid/notice-copy",
      what: "notice-copy",
      proves: "What the inbox of a party holds that is told of something: the notices to it alone.",
      input: { text: event.notice },
      expect: { members: ["decision"] },
    },
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
