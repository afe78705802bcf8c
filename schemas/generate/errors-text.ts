import { ERRORS } from "@leix/protocol";
import { toTable } from "./markdown-table.ts";

const AREAS: Readonly<Record<string, string>> = {
  input: "What came in, before anything is believed of it",
  jws: "Tokens and the keys under which they are verified",
  key: "Keys",
  identity: "Who sent it",
  claims: "What a message says of itself",
  body: "The encrypted body",
  message: "A message in the exchange",
  statement: "Statements: membership, terms, policy sets",
  decision: "Decisions",
  record: "Records of the ledger",
  ledger: "The ledger as a whole",
  tlog: "The transparency log",
  broker: "The broker",
  config: "Configuration and the network folder",
  client: "An agency's node",
};

/** The catalogue as a document, by area, in the catalogue's own order. */
export function toErrorsText(): string {
  const codes = Object.entries(ERRORS);
  const areas = [...new Set(codes.map(([code]) => toArea(code)))];
  const sections = areas.map((area) => {
    const rows = codes.filter(([code]) => toArea(code) === area);
    const cells = rows.map(([code, { when, todo }]) => [`\`${code}\``, when, todo]);
    return [`## ${AREAS[area] ?? area}`, "", ...toTable(["code", "when", "what to do"], cells), ""];
  });
  const head = [
    "# Error codes",
    "",
    "Generated from `packages/protocol/src/errors.ts`. A code is `area/what-happened`: programs compare it,",
    "people read the rest. A rejection in the ledger carries a code and nothing of what was rejected.",
    "",
  ];
  return [...head, ...sections.flat()].join("\n");
}

function toArea(code: string): string {
  return code.slice(0, code.indexOf("/"));
}
