import { Completeness, Evidence } from "@leix/evidence";
import {
  Approval,
  Body,
  Claims,
  Copy,
  Decision,
  EnrolmentRequest,
  Envelope,
  Form,
  Invitation,
  LedgerRecord,
  Markings,
  Notice,
  NoticeCopy,
  OverdueDuty,
  Possession,
  RecipientGrounds,
  RecipientOutcome,
  RegisteredKey,
  Reply,
  Statement,
} from "@leix/protocol";
import { z } from "zod";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

const SCHEMAS: readonly (readonly [string, string, z.ZodType])[] = [
  ["envelope", "What is published: a message with its body, a statement, or a tick of the clock.", Envelope],
  ["copy", "What a recipient's inbox holds.", Copy],
  ["reply", "What a sender's inbox holds.", Reply],
  ["notice-copy", "What the inbox of a party holds that a decision tells of something.", NoticeCopy],
  ["body", "The encrypted body: a general JWE in the one form this protocol has.", Body],
  ["form", "What is encrypted in a body, after its salt.", Form],
  ["decision", "The signed payload of a decision.", Decision],
  ["recipient-outcome", "Hidden in a decision, one for each recipient: what became of it.", RecipientOutcome],
  ["recipient-grounds", "Hidden in a decision, one for each recipient: why.", RecipientGrounds],
  ["notice", "Hidden in a decision, one for each party that is told: what it is told.", Notice],
  ["overdue-duty", "Hidden in the decision of an event: a duty whose time ran out.", OverdueDuty],
  ["markings", "Hidden in a decision: the restrictions in force on what was let through.", Markings],
  ["ledger-record", "One record of the ledger.", LedgerRecord],
  ["evidence", "One file that proves how one message was treated.", Evidence],
  ["completeness", "One file that proves what became of an agency's messages.", Completeness],
  ["registered-key", "A public key as a statement registers it.", RegisteredKey],
  ["possession", "What a key says of itself in a proof of possession.", Possession],
  ["invitation", "What an agency needs to make its keys and ask for their registration.", Invitation],
  ["enrolment-request", "What an agency asks its authority to register.", EnrolmentRequest],
  ["approval", "What an authority answers to it.", Approval],
];

/**
 * Every JSON Schema with its file's name. The members of a union by kind have a file each, and the union
 * names them.
 */
export function toSchemaFiles(): Map<string, string> {
  const files = new Map(
    SCHEMAS.map(([name, title, schema]) => [`${name}.json`, toText(name, title, schema)]),
  );
  const unions = [
    ["claims", "The claims of a message", Claims.options],
    ["statement", "A statement", Statement.options],
  ] as const;
  for (const [family, title, options] of unions) {
    const names: string[] = [];
    for (const option of options) {
      const kind = option.shape.kind.value;
      const name = `${family}-${kind}`;
      names.push(`${name}.json`);
      files.set(`${name}.json`, toText(name, `${title} of kind ${kind}.`, option));
    }
    const union = {
      $schema: DIALECT,
      title: `${title}, of any kind.`,
      oneOf: names.map(($ref) => ({ $ref })),
    };
    files.set(`${family}.json`, print(union));
  }
  return files;
}

function toText(name: string, title: string, schema: z.ZodType): string {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  if (Object.keys(rest).length === 0) throw new Error(`${name} has a schema that says nothing`);
  return print({ $schema: DIALECT, title, ...rest });
}

function print(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
