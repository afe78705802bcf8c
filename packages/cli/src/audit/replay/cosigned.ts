import { countCountries, listCosigningKeys, type State, toWitnessQuorum } from "@leix/exchange";
import { type AgencyId, encodeBase64url, limits, type RegisteredKey } from "@leix/protocol";
import { createVerifier, parseNote, verifyNote } from "@leix/tlog";

/** Who has cosigned a checkpoint, by the membership that the ledger itself has. */
export interface Cosigned {
  /** For so many countries they speak, */
  readonly countries: number;
  /** of so many that have a witness; */
  readonly of: number;
  /** and so many the anchor's statement asks for. */
  readonly quorum: number;
  /** Each agency once; `timestamp` in POSIX seconds, as the witness says. */
  readonly witnesses: readonly { readonly agency: AgencyId; readonly timestamp: number }[];
}

/**
 * Counts as everywhere: a country by its single point of contact, each agency once. Keys are judged as the
 * last record leaves them: one that was withdrawn counts no more, whatever time its cosignatures say.
 * Cosignatures from after `now` (POSIX seconds, with CLOCK_SKEW_SECONDS_MAX) do not count. Throws as
 * `verifyNote` does: `tlog/signature-invalid` where any of them is wrong.
 */
export async function findCosigned(note: Uint8Array, state: State, now: number): Promise<Cosigned> {
  const parsed = parseNote(note);
  const { quorum, countries: of } = toWitnessQuorum(state, state.head.at);
  const { signatures } = parsed;
  const isNamed = (name: string) => signatures.some((line) => line.name === name);
  const known = listCosigningKeys(state, isNamed).filter(({ key }) => {
    return signatures.some((line) => line.name === key.name && line.keyId === key.keyId);
  });
  const witnesses = new Map<AgencyId, number>();
  if (known.length === 0) return { countries: 0, of, quorum, witnesses: [] };
  const verifiers = await Promise.all(known.map(({ key }) => createVerifier(key)));
  const { verified } = await verifyNote(parsed, verifiers);
  for (const one of verified) {
    const owner = known.find(({ key }) => key.name === one.key.name && key.keyId === one.key.keyId);
    if (one.type !== "cosignature/v1" || !owner) continue;
    const { agency, key } = owner;
    const { timestamp } = one;
    const isKnown = isValid(findRegistered(state, agency, key.publicKey), timestamp);
    const isPast = timestamp <= now + limits.CLOCK_SKEW_SECONDS_MAX;
    if (isKnown && isPast && !witnesses.has(agency)) witnesses.set(agency, timestamp);
  }
  const named = [...witnesses].map(([agency, timestamp]) => ({ agency, timestamp }));
  return { countries: countCountries(state, witnesses.keys()), of, quorum, witnesses: named };
}

function findRegistered(
  { parties }: State,
  agency: AgencyId,
  publicKey: Uint8Array,
): RegisteredKey | undefined {
  const x = encodeBase64url(publicKey);
  return parties.get(agency)?.statement.keys.find(({ jwk }) => jwk.x === x);
}

function isValid(key: RegisteredKey | undefined, at: number): boolean {
  return key !== undefined && key.nbf <= at && at < key.exp;
}

/** For a person. */
export function toCosignedText({ countries, of, quorum, witnesses }: Cosigned): string {
  const none = witnesses.length === 0 ? "by none" : "by no country's single point of contact";
  const by = countries === 0 ? none : `by ${countries} of ${of} countries`;
  return quorum === 0 ? `${by}; this exchange asks for none` : `${by}; this exchange asks for ${quorum}`;
}
