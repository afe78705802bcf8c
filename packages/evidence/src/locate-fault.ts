const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
const REPLACEMENT = "\ufffd";

/**
 * Where a text stops being canonical JSON: the path to that place, as far as it can be told. It is for people
 * who look at a damaged file; nothing is believed because of it.
 */
export function locateFault(bytes: Uint8Array): readonly (string | number)[] {
  const text = decoder.decode(bytes);
  const undecodable = text.indexOf(REPLACEMENT);
  return followPath(text, undecodable < 0 ? text.length : undecodable);
}

/** A container that is being read, and what of it: the name of a member, or the index of an element. */
interface Level {
  readonly isArray: boolean;
  key: string | number | undefined;
  /** Of what an object wants next: a name, its colon, a value, and what is behind it. */
  wants: "key" | "colon" | "value" | "end";
}

/** RFC 8785 section 3.2.2.2: what must be escaped is, in its shortest form, and nothing else. */
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f])))*"/uy;
/** Integers alone: there are no others in evidence. Of `06` the first digit is one. */
const SCALAR = /-?[1-9][0-9]*|0|true|false|null/y;

/** The path at `end`, or at the first place before it that canonical JSON does not allow. */
function followPath(text: string, end: number): readonly (string | number)[] {
  const levels: Level[] = [];
  let at = 0;
  while (at < end) {
    const next = readToken(text, at);
    if (next === undefined || !take(levels, next)) break;
    at += next.length;
    if (levels.length === 0 || at > end) break;
  }
  return levels.flatMap(({ key }) => (key === undefined ? [] : [key]));
}

/** One character of punctuation, a string or a scalar; undefined where none begins. */
function readToken(text: string, at: number): string | undefined {
  const character = text.charAt(at);
  if ("{}[],:".includes(character)) return character;
  const pattern = character === '"' ? STRING : SCALAR;
  pattern.lastIndex = at;
  try {
    return pattern.exec(text)?.[0];
  } catch {
    // A string of so many megabytes that the pattern has no room: as good a place to stop as any.
    return undefined;
  }
}

/** False where the token may not stand here. */
function take(levels: Level[], token: string): boolean {
  const level = levels.at(-1);
  switch (token) {
    case "{":
    case "[":
      if (level && !isValueWanted(level)) return false;
      levels.push({
        isArray: token === "[",
        key: token === "[" ? 0 : undefined,
        wants: token === "[" ? "value" : "key",
      });
      return true;
    case "}":
    case "]":
      if (!level || level.isArray !== (token === "]")) return false;
      levels.pop();
      return endValue(levels.at(-1));
    case ",":
      return level !== undefined && goOn(level);
    case ":":
      if (level?.wants !== "colon") return false;
      level.wants = "value";
      return true;
    default:
      return level !== undefined && takeValue(level, token);
  }
}

function isValueWanted({ wants }: Level): boolean {
  return wants === "value";
}

function takeValue(level: Level, token: string): boolean {
  if (level.wants === "key" && token.startsWith('"')) {
    const before = level.key;
    level.key = token.slice(1, -1);
    level.wants = "colon";
    // RFC 8785 section 3.2.3; our names have no escapes.
    return before === undefined || before < level.key;
  }
  return isValueWanted(level) && endValue(level);
}

function endValue(level: Level | undefined): boolean {
  if (level) level.wants = "end";
  return true;
}

function goOn(level: Level): boolean {
  if (level.wants !== "end") return false;
  if (typeof level.key === "number") level.key++;
  level.wants = level.isArray ? "value" : "key";
  return true;
}
