import {
  createNkey,
  type ExchangeAccounts,
  encodePartyAccountJwt,
  lookupAccount,
  readLedger,
} from "@leix/broker";
import { listKeyEnds } from "@leix/client";
import {
  absorbLayer,
  chooseDecider,
  createState,
  follow,
  type State,
  type Trust,
  toAccountStatus,
} from "@leix/exchange";
import { type KeyId, LeixError, type PartyId, type RegisteredKey } from "@leix/protocol";
import {
  type AccountStatement,
  loadCosigningKey,
  loadSigningKey,
  type PartyConnection,
  parseAccountJwt,
  readZoneVersion,
  toPartyAccount,
} from "@leix/runtime";
import { createNatsSource, openBeginning } from "@leix/seen-ledger";
import { type CheckedFolder, listEndProblems } from "./doctor-files.ts";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

/**
 * Folds the ledger as every follower does: form, place, chain, time, the policy service's signatures; from
 * the sealed state on where LEDGER begins with a seal.
 */
export async function checkLedger(
  auditor: PartyConnection,
  trust: Trust,
): Promise<{ report: CheckReport; state: State }> {
  const state = createState(trust);
  const problems: Problem[] = [];
  try {
    const beginning = await openBeginning(createNatsSource(auditor), trust);
    if (beginning) absorbLayer(state, beginning.state);
    for await (const { data } of readLedger(auditor, state.head.index + 1)) await follow(state, data);
  } catch (error) {
    problems.push(toProblem(error, `record ${state.head.index}`));
  }
  const at = new Date(state.head.at * 1_000).toISOString();
  const summary = `${state.head.index} records, whole and signed; the last of ${at}`;
  return { report: { name: "ledger", summary, problems }, state };
}

/** The parties that have an account, by the ledger. */
export function listAccountStatements(state: State): AccountStatement[] {
  return [...state.parties.entries()].flatMap(([, { statement }]) => {
    return statement.kind === "service" ? [] : [statement];
  });
}

/** Whether the broker knows of each party what the ledger says: the registry's whole work. */
export async function checkAccounts(
  pusher: PartyConnection,
  state: State,
  accounts: ExchangeAccounts,
): Promise<CheckReport> {
  // Only what a JWT says is compared, so any key will do to write down what it should say.
  const signer = createNkey("operator");
  const statements = listAccountStatements(state);
  const problems: Problem[] = [];
  for (const statement of statements) {
    const wanted = toPartyAccount(statement, toAccountStatus(state, statement));
    const jwt = await lookupAccount(pusher, wanted.account);
    const should = parseAccountJwt(await encodePartyAccountJwt(wanted, { ...accounts, signer })).content;
    if (jwt !== null && parseAccountJwt(jwt).content === should) continue;
    const has = jwt === null ? "has no account" : "has an older account";
    problems.push({
      detail: `${statement.subject} ${has} at the broker (it should be ${wanted.status.kind})`,
      todo: "See that the registry runs and what its health says; it applies what differs by itself.",
    });
  }
  return { name: "accounts", summary: `${statements.length} at the broker, as the ledger says`, problems };
}

/** Without one nothing is permitted. */
export function checkPolicySet(state: State): CheckReport {
  const active = state.policySet;
  const problems: Problem[] = [];
  if (!active) {
    const todo = "Publish what the authorities signed: `leix network genesis`.";
    problems.push({ detail: "none is in force: every message is rejected", todo });
  } else {
    try {
      chooseDecider(state, readZoneVersion());
    } catch (error) {
      problems.push(toProblem(error));
    }
  }
  const rules = new Set(active?.set.rules.map(({ rule }) => rule)).size;
  return { name: "policy set", summary: `version ${active?.version}, ${rules} rules`, problems };
}

/** The key in the party's folder is the one that the ledger knows, and is valid for a while. */
export async function checkSigningKeys(
  folders: readonly CheckedFolder[],
  state: State,
  now: number,
): Promise<CheckReport> {
  const found = folders.map(async ({ id, folder }): Promise<Problem[]> => {
    try {
      const cosigning = await loadCosigningKey(folder);
      checkOwn((await loadSigningKey(folder)).kid, id, "sig", state);
      if (cosigning) checkOwn(cosigning.kid, id, "cosign", state);
      return listEndProblems(listKeyEnds(listKeysOf(id, state), id), now);
    } catch (error) {
      return [toProblem(error, id)];
    }
  });
  const problems = (await Promise.all(found)).flat();
  return { name: "signing keys", summary: `${folders.length}, registered and valid`, problems };
}

/** Throws `jws/key-unknown` for a key in the party's folder that is another's, or withdrawn. */
function checkOwn(kid: KeyId, id: string, use: RegisteredKey["use"], state: State): void {
  const owned = state.keys.get(kid);
  const isOwn = owned?.party === (id as PartyId) && owned.key.use === use && !owned.withdrawn;
  if (!isOwn) throw new LeixError("jws/key-unknown", kid);
}

/** What counts now, and has not been withdrawn. */
function listKeysOf(id: string, state: State): RegisteredKey[] {
  return [...state.keys.entries()]
    .filter(([, { party, withdrawn }]) => party === (id as PartyId) && !withdrawn)
    .map(([, { key }]) => key);
}
