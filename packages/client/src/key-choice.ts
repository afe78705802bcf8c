import type { AgencyId, KeyId, RegisteredKey, SigningKey } from "@leix/protocol";
import type { Membership } from "./membership.ts";

export interface KeyChoiceOptions<K extends SigningKey | undefined> {
  readonly agency: AgencyId;
  readonly use: RegisteredKey["use"];
  /** In use when the node was opened. */
  readonly first: K;
  /** Every key that is in the folder now. */
  readonly load: () => Promise<readonly SigningKey[]>;
  readonly membership: Pick<Membership, "count" | "findAgency" | "findKey">;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * Gives the newest of the agency's own keys that the membership knows to count now: a new one is not used
 * before it is registered, and the old one not after it was withdrawn. Where none counts, the one that it
 * has: the exchange says what is wrong with it.
 */
export type KeyChoice<K extends SigningKey | undefined> = () => Promise<K | SigningKey>;

export function createKeyChoice<K extends SigningKey | undefined>(
  options: KeyChoiceOptions<K>,
): KeyChoice<K> {
  const { first, load, membership } = options;
  let held: readonly SigningKey[] = first ? [first] : [];
  let soughtAt = -1;
  return async () => {
    const registered = listRegistered(options);
    const isMissing = registered.some((kid) => !held.some((key) => key.kid === kid));
    // The folder is read again only for a key that is new here, and once for each state of the membership.
    if (isMissing && soughtAt !== membership.count) {
      soughtAt = membership.count;
      const found = await load();
      const isNew = ({ kid }: SigningKey) => !held.some((key) => key.kid === kid);
      held = [...held, ...found.filter(isNew)];
    }
    const [best] = registered.flatMap((kid) => held.filter((key) => key.kid === kid));
    return best ?? held.at(-1) ?? first;
  };
}

/** The newest first. */
function listRegistered<K extends SigningKey | undefined>(options: KeyChoiceOptions<K>): readonly KeyId[] {
  const { agency, use, membership, clock } = options;
  const now = Math.floor(clock() / 1_000);
  const keys = membership.findAgency(agency)?.keys ?? [];
  return keys
    .filter((key) => key.use === use && key.nbf <= now && now < key.exp)
    .filter(({ kid }) => membership.findKey(kid)?.withdrawnAt === undefined)
    .toReversed()
    .toSorted((one, other) => other.nbf - one.nbf)
    .map(({ kid }) => kid);
}
