import { LeixError } from "@leix/protocol";
import type { z } from "zod";

/**
 * Reads a service's settings from variables that start with LEIX_. Throws `config/invalid`, naming every
 * problem at once, and every LEIX_ variable that the service does not know: a misspelt setting must not pass
 * in silence.
 */
export function parseConfig<Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const known = Object.keys(schema.shape);
  const set = Object.entries(environment).filter(([name]) => name.startsWith("LEIX_") && !isShared(name));
  const unknown = set.map(([name]) => name).filter((name) => !known.includes(name));
  const result = schema.safeParse(Object.fromEntries(set));
  const wrong = result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  const problems = [...wrong, ...unknown.map((name) => `${name}: unknown setting`)];
  if (!result.success || problems.length > 0) throw new LeixError("config/invalid", problems.join("; "));
  return result.data;
}

/** Where a process finds the passphrase of its private keys, whichever process it is. */
export function getPassphraseFile(): string | undefined {
  return process.env.LEIX_KEY_PASSPHRASE_FILE || undefined;
}

/** The environment of a child: this process's own, and what is told to that child alone. */
export function toChildEnvironment(told: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...told };
}

/** Settings of tests and tools, or of every process, that may stand in the same environment. */
const SHARED = [
  "LEIX_NATS_SERVER",
  "LEIX_NATS_IMAGE",
  "LEIX_BASE_IMAGE",
  "LEIX_VECTORS",
  "LEIX_CONTAINERS",
  "LEIX_REQUIRE_GO",
  "LEIX_REQUIRE_JOSE",
  "LEIX_REQUIRE_SOFTHSM",
  "LEIX_KEY_PASSPHRASE_FILE",
];

function isShared(name: string): boolean {
  return SHARED.includes(name);
}
