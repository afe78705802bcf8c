import { LeixError } from "@leix/protocol";

/**
 * Names are signed into JWTs, where nats-server may expand them in permission templates: a user named `*` or
 * `A.B` would be given the subjects of others. So a name has no character that means anything in a subject.
 */
const NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;

/** Throws input/schema unless the text may be the name of an operator, account or user. */
export function checkName(name: string): string {
  if (!NAME.test(name)) throw new LeixError("input/schema", `${JSON.stringify(name)} is not a NATS name`);
  return name;
}
