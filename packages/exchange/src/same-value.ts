type Members = Readonly<Record<string, unknown>>;

/**
 * Whether two values have the same canonical form (RFC 8785): members in any order, and one that is undefined
 * is absent.
 */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) return isSameArray(one, other);
  return isWithin(one as Members, other as Members) && hasNoMore(other as Members, one as Members);
}

function isSameArray(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  return one.every((element, i) => isSameValue(element, other[i]));
}

/** Every member of the one is in the other, and the same. */
function isWithin(one: Members, other: Members): boolean {
  for (const name of Object.keys(one)) {
    const value = one[name];
    if (value !== undefined && !(Object.hasOwn(other, name) && isSameValue(value, other[name]))) return false;
  }
  return true;
}

function hasNoMore(one: Members, other: Members): boolean {
  for (const name of Object.keys(one)) {
    if (one[name] !== undefined && (!Object.hasOwn(other, name) || other[name] === undefined)) return false;
  }
  return true;
}
