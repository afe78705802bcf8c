/** What must be known of a policy beside its text, before it is asked. */
export interface PolicyParts {
  /** All that Cedar judges by; with the annotations or without them. */
  readonly text: string;
  readonly effect: "permit" | "forbid";
  readonly annotations: Readonly<Record<string, string>>;
  /** The kinds that its head names; undefined where it names none and so is asked for all. */
  readonly kinds: readonly string[] | undefined;
  /** The members of the context that it reads. */
  readonly facts: readonly string[];
}

/**
 * What Cedar's own lexer cuts in the same way: blanks, a comment, a text without escapes, a name, a number, a
 * character of an operator.
 */
const TOKEN =
  /[ \t\r\n]+|\/\/[^\n\r]*|"[^"\\\p{Cc}\p{Cs}]*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@(){}[\],.;:!&|=<>+*-]/uy;

interface Token {
  readonly text: string;
  readonly begin: number;
  readonly end: number;
}

/**
 * The parts of a file's policies, as far as they are written plainly: what Cedar's JSON form would tell, told
 * without asking for it, which takes several times as long as all else that a set is opened with. Undefined
 * wherever there could be two opinions (escapes, templates, a context that is used as a whole): then Cedar is
 * asked. That each `text` is a policy at all is for Cedar to say, when the texts are handed to it;
 * annotations, most of a file, are ours to judge, and are not.
 */
export function scanPolicies(content: string): PolicyParts[] | undefined {
  const tokens = cutTokens(content);
  if (!tokens) return undefined;
  const policies: PolicyParts[] = [];
  let begin = 0;
  while (begin < tokens.length) {
    const end = tokens.findIndex(({ text }, i) => i >= begin && text === ";");
    const parts = scanPolicy(tokens.slice(begin, end).map(({ text }) => text));
    const [first, last] = [tokens[begin + (parts?.annotated ?? 0)], tokens[end]];
    if (!parts || !first || !last) return undefined;
    const { annotated, ...rest } = parts;
    policies.push({ ...rest, text: content.slice(first.begin, last.end) });
    begin = end + 1;
  }
  return policies;
}

/** Without blanks and comments; undefined where something else stands. */
function cutTokens(content: string): Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let begin = 0; begin < content.length; begin = TOKEN.lastIndex) {
    const [text] = TOKEN.exec(content) ?? [];
    if (text === undefined) return undefined;
    if (!/^[ \t\r\n]|^\/\//.test(text)) tokens.push({ text, begin, end: TOKEN.lastIndex });
  }
  return tokens;
}

/** `annotated`: how many tokens its annotations are. */
function scanPolicy(
  tokens: readonly string[],
): (Omit<PolicyParts, "text"> & { readonly annotated: number }) | undefined {
  const annotations: Record<string, string> = {};
  let at = 0;
  for (; tokens[at] === "@"; at += 5) {
    const [, name = "", open, value = "", close] = tokens.slice(at, at + 5);
    const isPlain = isName(name) && open === "(" && isText(value) && close === ")";
    if (!isPlain || Object.hasOwn(annotations, name)) return undefined;
    Object.defineProperty(annotations, name, { value: value.slice(1, -1), enumerable: true });
  }
  const effect = tokens[at];
  if (effect !== "permit" && effect !== "forbid") return undefined;
  const head = scanHead(tokens.slice(at + 1));
  const facts = head && scanFacts(tokens.slice(at + 1 + head.length));
  return facts && { annotated: at, effect, annotations, kinds: head.kinds, facts };
}

const ANY = ["(", "principal", ",", "action"];
const END = [",", "resource", ")"];
const IS = ["=", "="];

/** `(principal, action …, resource)`: of the action all, one, or a list. */
function scanHead(
  tokens: readonly string[],
): { readonly kinds: readonly string[] | undefined; readonly length: number } | undefined {
  if (!startsWith(tokens, ANY)) return undefined;
  const rest = tokens.slice(ANY.length);
  if (startsWith(rest, END)) return { kinds: undefined, length: ANY.length + END.length };
  const isList = startsWith(rest, ["in", "["]);
  if (!isList && !startsWith(rest, IS)) return undefined;
  const kinds: string[] = [];
  let at = 2;
  for (;;) {
    const kind = startsWith(rest.slice(at), ["Action", ":", ":"]) ? rest[at + 3] : undefined;
    if (kind === undefined || !isText(kind)) return undefined;
    kinds.push(kind.slice(1, -1));
    at += 4;
    if (!isList || rest[at] !== ",") break;
    at++;
  }
  if (!startsWith(rest.slice(at), isList ? ["]", ...END] : END)) return undefined;
  return { kinds: kinds.sort(), length: ANY.length + at + (isList ? 1 : 0) + END.length };
}

/** Behind these `context` would not be the variable. */
const NOT_BEFORE_ACCESS: readonly string[] = [".", ":", "has", "@"];
/** Behind an operator that binds tighter than `has`, such as a minus, something else would be asked. */
const BEFORE_HAS: readonly string[] = ["(", "{", "[", ",", "&", "|", "if", "then", "else"];

/** `context.fact` and `context has fact`, and no other use of the context. */
function scanFacts(tokens: readonly string[]): readonly string[] | undefined {
  const facts = new Set<string>();
  for (const [at, token] of tokens.entries()) {
    if (token !== "context") continue;
    const before = tokens[at - 1] ?? "";
    const [operator, fact = "", next] = tokens.slice(at + 1, at + 4);
    const isAccess = operator === "." && next !== "(" && !NOT_BEFORE_ACCESS.includes(before);
    const isAsked = operator === "has" && next !== "." && BEFORE_HAS.includes(before);
    if (!(isAccess || isAsked) || !isName(fact)) return undefined;
    facts.add(fact);
  }
  return [...facts].sort();
}

function startsWith(tokens: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((one, i) => tokens[i] === one);
}

function isName(token: string): boolean {
  return /^[A-Za-z_]/.test(token);
}

function isText(token: string): boolean {
  return token.startsWith('"');
}
