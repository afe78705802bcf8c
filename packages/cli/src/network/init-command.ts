import { readFile } from "node:fs/promises";
import { LeixError } from "@leix/protocol";
import {
  type AgencyChoice,
  createNetwork,
  createPlan,
  loadPolicyFiles,
  type NetworkFile,
  type NetworkPlan,
  parsePlan,
} from "@leix/runtime";
import { type Command, InvalidArgumentError } from "commander";

interface InitFlags {
  readonly plan?: string;
  readonly exchange?: string;
  readonly country?: string[];
  readonly agency?: AgencyChoice[];
  readonly host?: string[];
  readonly listen?: string;
  readonly port?: number;
  readonly monitorPort?: number;
  readonly logHost?: string[];
  readonly logPort?: number;
  readonly profile?: string;
  readonly witnessQuorum?: number;
}

export function addInitCommand(network: Command): void {
  network
    .command("init")
    .description(
      "make a whole network in one folder: keys, certificates, broker configuration, first statements",
    )
    .option(
      "--plan <file.json>",
      "everything as data (packages/runtime/README.md); no other choice beside it",
    )
    .option("--exchange <id>", "the id of the exchange; demo.leix.example without it")
    .option("--country <codes>", "the countries, as AL,RS; may be repeated", collectList)
    .option(
      "--agency <id:type:role>",
      "one agency, as AL-SPOC:police:spoc; repeat it for each",
      collectAgency,
    )
    .option("--host <names>", "where clients find the broker; 127.0.0.1 without it", collectList)
    .option("--listen <address>", "the address the broker listens on")
    .option("--port <number>", "the broker's port", toPort)
    .option("--monitor-port <number>", "the broker's own health and figures, on 127.0.0.1", toPort)
    .option(
      "--witness-quorum <number>",
      "so many countries must cosign a checkpoint: more than half of them; 0 without it",
      toCount,
    )
    .option("--log-host <names>", "where members find the ledger service; as --host without it", collectList)
    .option("--log-port <number>", "the ledger service's port; any that is free without it", toPort)
    .option("--profile <year>", "the deadlines between all countries: 2023 or 2006")
    .action(async (flags: InitFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const made = await createNetwork(await loadPlan(flags), dir, { policyFiles: loadPolicyFiles() });
      process.stdout.write(toSummary(dir, made));
    });
}

async function loadPlan({ plan, ...choices }: InitFlags): Promise<NetworkPlan> {
  if (plan === undefined) {
    const { country: countries, agency: agencies, host: hosts, logHost: logHosts, ...others } = choices;
    return createPlan({
      ...others,
      ...(countries ? { countries } : {}),
      ...(agencies ? { agencies } : {}),
      ...(hosts ? { hosts } : {}),
      ...(logHosts ? { logHosts } : {}),
    });
  }
  const both = Object.keys(choices);
  if (both.length > 0)
    throw new LeixError("config/invalid", `--plan and --${both.join(", --")}: one or the other`);
  try {
    return parsePlan(JSON.parse(await readFile(plan, "utf8")));
  } catch (cause) {
    if (cause instanceof LeixError) throw cause;
    throw new LeixError("config/invalid", `${plan} cannot be read, or is not JSON`, { cause });
  }
}

function toSummary(dir: string, network: NetworkFile): string {
  const ids = (kind: string): string => {
    const found = network.parties.filter((party) => party.kind === kind);
    return found.map((party) => party.id).join(", ");
  };
  return `network    ${network.exchange} in ${dir}
broker     ${network.servers.join(", ")}
log        ${network.log?.join(", ") ?? "for this machine only, on any free port"}
countries  ${ids("authority")}
agencies   ${ids("agency")}

${dir}/operator/identity and every offline/ folder hold keys that belong offline: move them away.
An agency's folder is all that its node needs; copy it to the agency's machine.
Next: leix network up --dir ${dir}
`;
}

function collectList(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(",").map((one) => one.trim())];
}

function collectAgency(value: string, before: AgencyChoice[] = []): AgencyChoice[] {
  const [id, type, role, ...rest] = value.split(":");
  if (!id || !type || !role || rest.length > 0) throw new InvalidArgumentError("as in AL-SPOC:police:spoc");
  return [...before, { id, type, role }];
}

function toCount(value: string): number {
  if (/^[0-9]{1,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("a whole number");
}

function toPort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError("a number from 1 to 65535");
}
