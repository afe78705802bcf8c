import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const VECTORS = new URL("../../packages/protocol/vectors/", import.meta.url);
const COLUMNS = 100;

/** `<!-- vector valid/x.json input token -->` and the fenced block after it, which shows that very value. */
const EXAMPLE = /(<!-- vector ([^ ]+) ([^>]*?) -->\n```text\n)[\s\S]*?(```)/g;

/** The text with every example as the vectors now have it. */
export function fillExamples(text: string): string {
  return text.replace(EXAMPLE, (_, head: string, file: string, path: string, tail: string) => {
    return `${head}${show(pick(readVector(file), path.split(" ")))}\n${tail}`;
  });
}

function readVector(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, VECTORS), "utf8"));
}

/** Steps that are not the name of a member. */
const STEPS: Readonly<Record<string, (text: string) => unknown>> = {
  /** JSON in a text. */
  parse: (text) => JSON.parse(text),
  /** The parts of a token, or of the token that an SD-JWT begins with. */
  header: (text) => decode(text.split("~")[0]?.split(".")[0]),
  payload: (text) => decode(text.split("~")[0]?.split(".")[1]),
  token: (text) => text.split("~")[0],
  "signing-input": (text) => toSigningInput(text),
  identity: (text) => toDigest(toSigningInput(text)),
  digest: (text) => toDigest(text),
  disclosures: (text) => text.split("~").slice(1, -1).map(decode).join("\n"),
};

/** Follows a path: members by name, `@step` by what it does. */
function pick(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, step) => {
    if (step.startsWith("@")) return STEPS[step.slice(1)]?.(String(current));
    if (typeof current !== "object" || current === null) throw new Error(`no ${step} in ${path.join(" ")}`);
    return (current as Record<string, unknown>)[step];
  }, value);
}

/** JSON in lines; a text in lines of so many columns, broken for the page only. */
function show(value: unknown): string {
  if (value === undefined) throw new Error("an example shows nothing");
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  return value
    .split("\n")
    .map((line) => line.match(new RegExp(`.{1,${COLUMNS}}`, "gsu"))?.join("\n") ?? "")
    .join("\n");
}

function toSigningInput(text: string): string {
  const [token = ""] = text.split("~");
  return token.slice(0, token.lastIndexOf("."));
}

function toDigest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function decode(part: string | undefined): string {
  return Buffer.from(part ?? "", "base64url").toString();
}
