import type { Desk, SignedStatement, StatementAnswer, StatementContent } from "@leix/client";
import { decodeUtf8, ERRORS } from "@leix/protocol";
import { createPaper, toSafeText } from "../messages/paper.ts";
import type { DeskFlags } from "./desk-access.ts";
import { createNewFile } from "./new-file.ts";

/** What has become of a statement; `signed` where it was not published. */
export type Spoken = { readonly signed: SignedStatement } & (StatementAnswer | { readonly kind: "signed" });

/**
 * Signs the statements, each after those before it, and publishes them in this order, up to the first that is
 * refused; or writes them into a file. Tells what came of each. `waiting` were signed before, and come first.
 */
export async function speak(
  desk: Desk,
  contents: readonly StatementContent[],
  flags: DeskFlags,
  waiting: readonly SignedStatement[] = [],
): Promise<readonly Spoken[]> {
  const { offline, out } = flags;
  await using file = out === undefined ? undefined : await createNewFile(out);
  const signed = [...waiting];
  for (const content of contents) signed.push(await desk.sign(content));
  await file?.write(toLines(signed));
  const isKept = offline || out !== undefined;
  const spoken = isKept
    ? signed.map((one): Spoken => ({ signed: one, kind: "signed" }))
    : await publishAll(desk, signed);
  tell(spoken, desk, flags);
  return spoken;
}

/**
 * Those after a refused one rest on it; and on what waits here about the same subject, which is therefore
 * published first: their versions follow it.
 */
export async function publishAll(desk: Desk, signed: readonly SignedStatement[]): Promise<Spoken[]> {
  const spoken: Spoken[] = [];
  for (const one of [...(await listBefore(desk, signed)), ...signed]) {
    const answer = await desk.publish(one);
    spoken.push({ signed: one, ...answer });
    if (answer.kind === "refused") break;
  }
  return spoken;
}

async function listBefore(desk: Desk, signed: readonly SignedStatement[]): Promise<SignedStatement[]> {
  const isNamed = (digest: string) => signed.some((one) => one.digest === digest);
  const isBefore = ({ statement: { kind, subject, version } }: SignedStatement) => {
    return signed.some(({ statement: next }) => {
      return next.kind === kind && next.subject === subject && version < next.version;
    });
  };
  const outgoing = (await desk.listOutgoing()).map((one) => one.signed);
  return outgoing.filter((one) => !isNamed(one.digest) && isBefore(one));
}

/** One statement a line: nothing in an envelope is a line end. */
function toLines(signed: readonly SignedStatement[]): string {
  return signed.map(({ bytes }) => `${decodeUtf8(bytes)}\n`).join("");
}

/** Says it, and ends with 1 where something was refused. */
export function tell(spoken: readonly Spoken[], { party }: Desk, { json, out }: DeskFlags): void {
  if (spoken.some(({ kind }) => kind === "refused")) process.exitCode = 1;
  if (json) {
    process.stdout.write(`${JSON.stringify({ party, statements: spoken.map(toJson) })}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  for (const one of spoken) for (const line of toWords(one)) paper.line(line);
  if (!spoken.some(({ kind }) => kind === "signed")) return;
  const file = out === undefined ? "" : ` ${out}`;
  paper.line(`Not published. Where there is a connection: leix authority publish --as ${party}${file}`);
}

function toJson({ signed, ...outcome }: Spoken) {
  const { kind, subject, version } = signed.statement;
  const { kind: result, ...rest } = outcome;
  return { kind, subject, version, digest: signed.digest, result, ...rest };
}

function toWords(one: Spoken): string[] {
  const { kind, subject, version } = one.signed.statement;
  const what = `${kind} ${subject}, version ${version}`;
  switch (one.kind) {
    case "signed":
      return [`${what}: signed.`];
    case "recorded":
      return [`${what}: recorded at index ${one.index}.`];
    case "refused":
      return [
        `${what}: refused, ${one.code}${one.detail ? ` (${toSafeText(one.detail)})` : ""}.`,
        ERRORS[one.code].todo,
      ];
  }
}
