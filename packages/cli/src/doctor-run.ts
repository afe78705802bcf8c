import { existsSync } from "node:fs";
import { join } from "node:path";
import { listOperatorExpiring } from "@leix/broker";
import type { State } from "@leix/exchange";
import { AgencyId, LeixError } from "@leix/protocol";
import { loadRunning, NETWORK_FILES, PARTY_FILES, type PartyConnection } from "@leix/runtime";
import { checkBrokerClock, checkConnections, checkStreams, compareClocks } from "./doctor-broker.ts";
import { checkCheckpoint } from "./doctor-checkpoint.ts";
import { checkCopies } from "./doctor-copies.ts";
import {
  type CertificateFiles,
  type CheckedFolder,
  checkCertificates,
  checkCredentials,
  checkModes,
  toCertificateFiles,
} from "./doctor-files.ts";
import { type Identities, loadIdentities, PUSHER } from "./doctor-identities.ts";
import {
  checkAccounts,
  checkLedger,
  checkPolicySet,
  checkSigningKeys,
  listAccountStatements,
} from "./doctor-ledger.ts";
import { checkMembership } from "./doctor-membership.ts";
import { type CheckReport, toProblem } from "./doctor-report.ts";
import { checkWitnessed } from "./doctor-seen.ts";
import { checkServices } from "./doctor-services.ts";
import { checkVersions } from "./doctor-versions.ts";
import { checkWaiting } from "./doctor-waiting.ts";
import { checkHistories, checkQuorum } from "./doctor-witness.ts";

export interface DoctorOptions {
  readonly dir: string;
  /** Only this party, of whom alone the folder may be there. */
  readonly as?: string;
  readonly natsUrl?: string | undefined;
  /** This machine's clock in milliseconds since 1970. */
  readonly now: () => number;
  readonly nodeVersion: string;
}

/** Every check that can be made from this folder, one report as soon as each is done. */
export async function* runChecks(options: DoctorOptions): AsyncGenerator<CheckReport, void> {
  const { dir, now } = options;
  const identities = await loadIdentities(dir, options.as, options.natsUrl);
  const { folders, network } = identities;
  yield await checkModes(dir, network ? [...folders, ...listOwnFolders(dir)] : folders);
  const servers = [...(network ? [toServerFiles(dir)] : []), ...folders.flatMap(toOperatorFiles)];
  yield await checkCertificates([...folders.map(toCertificateFiles), ...servers], now());
  yield await checkCredentials(folders, now());
  yield await checkHistories(folders);
  const { report, version, reached } = await checkConnections(identities.ids, identities.connect);
  yield report;
  yield checkVersions(options.nodeVersion, version);
  yield* checkInside(options, identities, reached);
  if (network) yield await checkServices(await loadRunning(dir));
}

/** What is behind the connections: each check as the one identity that may see it. */
async function* checkInside(
  options: DoctorOptions,
  { connect, folders, network, trust }: Identities,
  reached: ReadonlySet<string>,
): AsyncGenerator<CheckReport, void> {
  const { now } = options;
  const as = (id: string, name: string, check: (nc: PartyConnection) => Promise<CheckReport>) => {
    return reached.has(id) ? checkAs(connect, id, name, check) : skip(name, `no connection as ${id}`);
  };
  const holders = folders.filter(({ id }) => !SIGNLESS.includes(id));
  let state: State | undefined;
  const keep = (found: { report: CheckReport; state: State }): CheckReport => {
    state = found.state;
    return found.report;
  };
  if (network || reached.has("auditor")) {
    yield await as("auditor", "ledger", async (nc) => keep(await checkLedger(nc, trust)));
    yield state ? checkPolicySet(state) : skip("policy set", "the ledger was not read");
    const folded = state;
    if (folded) {
      yield await as("auditor", "checkpoint", (nc) => checkCheckpoint(nc, folded, now()));
      yield checkQuorum(folded, now());
    }
  } else if (options.as !== undefined && holders.some(({ id }) => id !== "policy" && id !== "registry")) {
    const folder = folders[0]?.folder ?? "";
    yield await as(options.as, "membership", async (nc) => keep(await checkMembership(nc, trust, folder)));
    if (state) yield checkQuorum(state, now());
  }
  if (network || reached.has("monitor"))
    yield await as("monitor", "clock", (nc) => checkBrokerClock(nc, now));
  else if (state) yield checkClockAgainst(state, now());
  if (!state) return;
  const known = state;
  const members = folders.filter(({ id }) => reached.has(id) && AgencyId.safeParse(id).success);
  if (members.length > 0) yield await checkWitnessed(members, connect, known);
  if (holders.length > 0) yield await checkSigningKeys(holders, known, now());
  if (!network) return;
  const accounts = new Map(
    listAccountStatements(known).map(({ account, subject }) => [account.id, subject] as const),
  );
  const wanted = { sizes: network.streams, accounts, clock: network.brokerAccount };
  yield await as("monitor", "streams", (nc) => checkStreams(nc, wanted));
  yield await as("monitor", "revoked", (nc) => checkWaiting(nc, known));
  yield await as("monitor", "copies", (nc) => checkCopies(nc, known, now()));
  yield await as(PUSHER, "accounts", (nc) => checkAccounts(nc, known, network));
}

/** They sign nothing, so that no key of theirs is registered. */
const SIGNLESS = ["auditor", "provisioner", "monitor"];

async function checkAs(
  connect: Identities["connect"],
  id: string,
  name: string,
  check: (nc: PartyConnection) => Promise<CheckReport>,
): Promise<CheckReport> {
  try {
    const nc = await connect(id);
    try {
      return await check(nc);
    } finally {
      await nc.close();
    }
  } catch (cause) {
    const error =
      cause instanceof LeixError ? cause : new LeixError("broker/no-answer", String(cause), { cause });
    return { name, summary: "", problems: [toProblem(error)] };
  }
}

/**
 * A member is not told the broker's time, but it has the newest record's: this clock cannot be before that.
 */
function checkClockAgainst({ head }: State, now: number): CheckReport {
  const newest = head.at * 1_000;
  return compareClocks(newest, Math.min(now, newest), "the newest statement it was given");
}

function skip(name: string, skipped: string): CheckReport {
  return { name, skipped };
}

function listOwnFolders(dir: string): CheckedFolder[] {
  const { ca, operator, nats } = NETWORK_FILES;
  return [ca, operator, join(nats, "tls")].map((path) => ({ id: path, folder: join(dir, path) }));
}

/** What the network's operator gives: to HTTPS servers, and to those who certify clients. */
function toOperatorFiles({ id, folder }: CheckedFolder): CertificateFiles[] {
  const toFiles = (what: string, name: "log" | "witness" | "issuer", command?: string) => {
    const at = (one: keyof typeof PARTY_FILES) => join(folder, PARTY_FILES[one]);
    const [certificate, key] = [at(`${name}Certificate`), at(`${name}Key`)];
    const list = (text: string) => listOperatorExpiring(what, id, text, command);
    return existsSync(certificate) ? [{ id, ca: at("ca"), certificate, key, list }] : [];
  };
  return [
    ...toFiles("the log's server certificate", "log"),
    ...toFiles("the witness's server certificate", "witness", `leix witness certificate --as ${id}`),
    ...toFiles("the certificate to certify clients", "issuer"),
  ];
}

function toServerFiles(dir: string): CertificateFiles {
  const tls = join(dir, NETWORK_FILES.nats, "tls");
  const both = join(tls, "server.pem");
  const list = (text: string) => listOperatorExpiring("the server certificate", "broker", text);
  return { id: "broker", ca: join(tls, "ca.crt"), certificate: both, key: both, list };
}
