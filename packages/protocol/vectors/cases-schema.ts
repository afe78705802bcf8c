import { encodeCanonical } from "../src/index.ts";
import { PAYLOADS, REQUEST, STATEMENTS } from "./examples.ts";
import type { Case } from "./run.ts";

const CLAIMS: readonly (readonly [string, string, Record<string, unknown>, string])[] = [
  ["unknown-member", "A member that the kind does not have is refused.", { note: "x" }, "input/schema"],
  [
    "unknown-kind",
    "A kind that is not listed has a code of its own.",
    { kind: "gossip" },
    "input/kind-unknown",
  ],
  ["unknown-version", "A version that is not read has a code of its own.", { v: 2 }, "input/version-unknown"],
  ["no-recipients", "to has at least one recipient.", { to: [] }, "input/schema"],
  ["id-in-upper-case", "An id has one spelling.", { id: REQUEST.id.toUpperCase() }, "input/schema"],
  ["free-text", "A code stands where a code belongs.", { legalBasis: "Because I said so" }, "input/schema"],
  ["unlisted-purpose", "Purposes are a closed list.", { purpose: "curiosity" }, "input/schema"],
  ["unlisted-data", "Classes of data are a closed list.", { data: ["gossip"] }, "input/schema"],
  ["data-of-nothing", "A list of data asked for has an entry.", { data: [] }, "input/schema"],
  ["fractional-time", "Times are whole seconds.", { iat: REQUEST.iat + 0.5 }, "input/schema"],
  [
    "officer-by-name",
    "An officer is a pseudonym of 22 characters.",
    { officer: { id: "Petrov", role: "officer" } },
    "input/schema",
  ],
  [
    "no-digest-in-reference",
    "A reference has a digest.",
    { re: { iss: "RS-CUSTOMS", id: REQUEST.id } },
    "input/schema",
  ],
];

const STATEMENT_CASES: readonly (readonly [string, string, string, Record<string, unknown>, string])[] = [
  [
    "unknown-kind",
    "A kind that is not listed has a code of its own.",
    "terms",
    { kind: "wish" },
    "input/kind-unknown",
  ],
  [
    "unknown-version",
    "A version that is not read has a code of its own.",
    "terms",
    { v: 2 },
    "input/version-unknown",
  ],
  [
    "anchor-without-clock",
    "Record 0 names the account of the clock.",
    "anchor",
    { clockAccount: undefined },
    "input/schema",
  ],
  ["agency-by-anchor", "An agency's issuer is a country.", "agency", { iss: "anchor" }, "input/schema"],
  [
    "name-with-escape",
    "Names have no control characters.",
    "agency",
    { name: "SPOC\u001b[2J" },
    "input/schema",
  ],
  ["file-name-path", "File names are no paths.", "policy-file", { name: "../P01.cedar" }, "input/schema"],
];

const FORMS: readonly (readonly [string, string, string])[] = [
  ["other-kind", "A form belongs to its kind of message.", '{"form":"request","text":"x","v":1}'],
  ["unknown-member", "A form has no other members.", '{"form":"answer","note":"x","text":"x","v":1}'],
  ["white-space", "A form is canonical JSON.", '{"form":"answer", "text":"x","v":1}'],
  ["plain-text", "A text is not a form.", "hello"],
];

export function listSchemaCases(): Case[] {
  const toValid =
    (what: string) =>
    ([kind, payload]: [string, unknown]) => ({
      name: `valid/${what}-${kind}`,
      what,
      proves: `A payload of kind ${kind}.`,
      input: { payload },
      expect: { kind },
    });
  const form = { caveat: "For police use only.", form: "answer", text: "Wares seen at the crossing.", v: 1 };
  return [
    ...Object.entries(PAYLOADS).map(toValid("claims")),
    ...CLAIMS.map(([name, proves, more, code]) => ({
      name: `invalid/claims-${name}`,
      what: "claims",
      proves,
      input: { payload: { ...REQUEST, ...more } },
      code,
    })),
    ...Object.entries(STATEMENTS).map(toValid("statement")),
    ...STATEMENT_CASES.map(([name, proves, kind, more, code]) => ({
      name: `invalid/statement-${name}`,
      what: "statement",
      proves,
      input: { payload: { ...STATEMENTS[kind], ...more } },
      code,
    })),
    {
      name: "valid/form-answer",
      what: "form",
      proves: "A form, as the text of a body.",
      input: { kind: "answer", text: encodeCanonical(form) },
      expect: { form },
    },
    ...FORMS.map(([name, proves, text]) => ({
      name: `invalid/form-${name}`,
      what: "form",
      proves,
      input: { kind: "answer", text },
      code: "body/form",
    })),
  ];
}
