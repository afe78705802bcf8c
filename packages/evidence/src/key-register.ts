import type { State } from "@leix/exchange";
import { type KeyId, LeixError, type PartyId, type RegisteredKey, type Statement } from "@leix/protocol";

/** A key that verified a signature, and the statement that first named it: record and issuer. */
export interface UsedKey {
  readonly party: PartyId;
  readonly kid: KeyId;
  readonly registered: { readonly index: number; readonly by: PartyId };
}

/** What became of a party, or of the key that it had signed with, by a record that is shown. */
export interface Ended {
  readonly party: PartyId;
  readonly kid: KeyId;
  readonly how: "suspended" | "revoked" | "key-withdrawn";
  readonly index: number;
}

/** Which statements registered the keys that the evidence relies on. */
export class KeyRegister {
  readonly #registered = new Map<KeyId, UsedKey>();
  readonly #newest = new Map<PartyId, number>();
  readonly #used = new Map<KeyId, UsedKey>();

  /** A statement that was found good, as record `index`. */
  note(statement: Statement, index: number): void {
    for (const [party, keys] of listNamed(statement)) {
      this.#newest.set(party, index);
      for (const { kid } of keys) {
        const registered = { index, by: statement.iss };
        if (!this.#registered.has(kid)) this.#registered.set(kid, { party, kid, registered });
      }
    }
  }

  /** A key that verified a signature. Throws `evidence/missing` where no statement shown names it. */
  use(kid: KeyId): UsedKey {
    const key = this.#registered.get(kid);
    if (!key) throw new LeixError("evidence/missing", `the statement that registers the key ${kid}`);
    this.#used.set(kid, key);
    return key;
  }

  /** All that verified something, in the order in which they were registered. */
  listUsed(): readonly UsedKey[] {
    return [...this.#registered.values()].filter(({ kid }) => this.#used.has(kid));
  }

  /** Those of them that counted no more at the end of the records shown. */
  listEnded(state: State): readonly Ended[] {
    return this.listUsed().flatMap(({ party, kid }): Ended[] => {
      const statement = state.parties.get(party)?.statement;
      const index = this.#newest.get(party);
      const status = statement && "status" in statement ? statement.status : "active";
      if (status !== "active" && index !== undefined) return [{ party, kid, how: status, index }];
      const withdrawnAt = state.keys.get(kid)?.withdrawnAt;
      return withdrawnAt === undefined ? [] : [{ party, kid, how: "key-withdrawn", index: withdrawnAt }];
    });
  }
}

/** Record 0 names the policy service's first keys beside the anchor's own. */
function listNamed(statement: Statement): (readonly [PartyId, readonly RegisteredKey[]])[] {
  switch (statement.kind) {
    case "anchor":
      return [
        ["anchor", statement.keys],
        ["policy", statement.policyKeys],
      ];
    case "service":
    case "authority":
    case "agency":
      return [[statement.subject, statement.keys]];
    case "clearance":
    case "terms":
    case "group":
    case "compromise":
    case "statistics":
    case "policy-file":
    case "policy-set":
      return [];
  }
}
