import { readFile } from "node:fs/promises";
import type { Desk, StatementContent } from "@leix/client";
import {
  type AnchorStatement,
  KeyId,
  LeixError,
  listNeededProofs,
  parseSchema,
  type RegisteredKey,
  ServiceId,
} from "@leix/protocol";
import { ServiceKeyFile } from "@leix/runtime";
import { Argument, type Command } from "commander";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { speak } from "../desk/speak.ts";

interface ServiceFlags extends DeskFlags {
  readonly addKey?: string;
  readonly withdrawKey?: readonly string[];
}

const each = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** It takes two: a statement with both keys and, when the service has changed, one without the old. */
export function addServiceCommand(anchor: Command): void {
  withSigningOptions(anchor.command("service"))
    .description("change the keys of one of the exchange's services")
    .addArgument(new Argument("<service>", "which").choices(ServiceId.options))
    .option("--add-key <file>", "register what `leix network service-key` has made")
    .option("--withdraw-key <kid>", "it signs nothing from then on; repeat it for each", each)
    .action((name: string, flags: ServiceFlags, self: Command) => {
      const service = parseSchema(ServiceId, name);
      return withDesk(self, "anchor", flags, async (desk) => {
        await speak(desk, [await toContent(desk, service, flags)], flags);
      });
    });
}

interface Keys {
  readonly keys: RegisteredKey[];
  readonly proofs: readonly string[];
}

async function toContent(desk: Desk, subject: ServiceId, flags: ServiceFlags): Promise<StatementContent> {
  const { addKey, withdrawKey = [] } = flags;
  const before = await findKeys(desk, subject);
  const added = addKey === undefined ? undefined : await loadKey(addKey, desk, subject);
  const kids = withdrawKey.map((kid) => parseSchema(KeyId, kid));
  const stranger = kids.find((kid) => !before.keys.some((key) => key.kid === kid));
  if (stranger) throw new LeixError("statement/subject", `kid ${stranger} is no key of ${subject} now`);
  if (!added && kids.length === 0) throw new LeixError("input/schema", "--add-key or --withdraw-key");
  const kept = before.keys.filter(({ kid }) => !kids.includes(kid));
  const keys = added ? [...kept, added.key] : kept;
  const proofs = added ? [...before.proofs, added.proof] : [...before.proofs];
  const content = { kind: "service", subject, keys, proofs, status: "active" } as const;
  const unsigned = { v: 1, aud: desk.state.trust.aud, iss: "anchor", iat: 0, version: 1 } as const;
  return { ...content, proofs: listNeededProofs({ ...content, ...unsigned }) };
}

/** Of the policy service, record 0 has the first ones. */
async function findKeys(desk: Desk, service: ServiceId): Promise<Keys> {
  const { parties } = await desk.draft();
  const statement = parties.get(service)?.statement;
  if (statement?.kind === "service") return statement;
  const anchor = parties.get("anchor")?.statement as AnchorStatement;
  return { keys: anchor.policyKeys, proofs: anchor.proofs };
}

async function loadKey(file: string, { state }: Desk, service: ServiceId): Promise<ServiceKeyFile> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  });
  const found = ServiceKeyFile.safeParse(parseJson(text)).data;
  if (found?.service === service && found.aud === state.trust.aud) return found;
  throw new LeixError("config/invalid", `${file} is no new key of ${service} in ${state.trust.aud}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
