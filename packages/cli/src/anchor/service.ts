import { readFile } from "node:fs/promises";
import type { Desk, StatementContent } from "@leix/client";
import type { State } from "@leix/exchange";
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
  readonly force?: true;
}

const each = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** It takes two: a statement with both keys and, when the service has changed, one without the old. */
export function addServiceCommand(anchor: Command): void {
  withSigningOptions(anchor.command("service"))
    .description("change the keys of one of the exchange's services")
    .addArgument(new Argument("<service>", "which").choices(ServiceId.options))
    .option("--add-key <file>", "register what `leix network service-key` has made")
    .option("--withdraw-key <kid>", "it signs nothing from then on; repeat it for each", each)
    .option("--force", "withdraw also the only key that the service can sign with now: it stands still then")
    .action((name: string, flags: ServiceFlags, self: Command) => {
      const service = parseSchema(ServiceId, name);
      return withDesk(self, "anchor", flags, async (desk) => {
        const content = await toContent(desk, service, flags);
        await speak(desk, [content], flags);
        if (flags.withdrawKey && !flags.json) process.stdout.write(`${toLeftText(service, content.keys)}\n`);
      });
    });
}

/** Which key a service signs with, its machine alone knows. */
function toLeftText(service: ServiceId, keys: readonly RegisteredKey[]): string {
  const kids = keys.map(({ kid }) => kid).join(" or ");
  return `From then on ${service} must sign with ${kids}. If it does not, its health says jws/key-unknown.`;
}

type ServiceContent = Extract<StatementContent, { kind: "service" }>;

interface Keys {
  readonly keys: RegisteredKey[];
  readonly proofs: readonly string[];
}

async function toContent(desk: Desk, subject: ServiceId, flags: ServiceFlags): Promise<ServiceContent> {
  const { addKey, withdrawKey = [] } = flags;
  const before = await findKeys(desk, subject);
  const added = addKey === undefined ? undefined : await loadKey(addKey, desk, subject);
  const kids = withdrawKey.map((kid) => parseSchema(KeyId, kid));
  const stranger = kids.find((kid) => !before.keys.some((key) => key.kid === kid));
  if (stranger) throw new LeixError("statement/subject", `kid ${stranger} is no key of ${subject} now`);
  if (!added && kids.length === 0) throw new LeixError("input/schema", "--add-key or --withdraw-key");
  if (!flags.force) refuseLastKey(subject, desk.state, kids, Date.now());
  const kept = before.keys.filter(({ kid }) => !kids.includes(kid));
  const keys = added ? [...kept, added.key] : kept;
  const proofs = added ? [...before.proofs, added.proof] : [...before.proofs];
  const content = { kind: "service", subject, keys, proofs, status: "active" } as const;
  const unsigned = { v: 1, aud: desk.state.trust.aud, iss: "anchor", iat: 0, version: 1 } as const;
  return { ...content, proofs: listNeededProofs({ ...content, ...unsigned }) };
}

/**
 * A key that is registered only now, or waits to be published, no service signs with yet. Throws
 * `statement/no-keys` where no other one could be used. `nowMs` in milliseconds since 1970.
 */
export function refuseLastKey(
  service: ServiceId,
  { keys }: Pick<State, "keys">,
  withdrawn: readonly KeyId[],
  nowMs: number,
): void {
  const now = nowMs / 1_000;
  const usable = [...keys.entries()].flatMap(([kid, owned]) => {
    const isUsable =
      owned.party === service && !owned.withdrawn && owned.key.nbf <= now && now < owned.key.exp;
    return isUsable ? [kid] : [];
  });
  const last = withdrawn.find((kid) => usable.includes(kid));
  if (last === undefined || usable.some((kid) => !withdrawn.includes(kid))) return;
  throw new LeixError(
    "statement/no-keys",
    `${service} can sign with no other key than ${last} now. Register a new one first (\`leix network ` +
      `service-key ${service}\`, then --add-key), install it, start the service again; then withdraw this`,
  );
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
