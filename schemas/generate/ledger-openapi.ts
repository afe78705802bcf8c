/** The HTTPS interface of the ledger service (services/ledger), as `openapi-ledger.json`. */

const TILE = "C2SP tlog-tiles, a member of the log";
const SEALED = "The sealed state of a seal, as SEALED has it, in one piece; for auditors";
const INDEX = "tlog-tiles index, as x001/x234/067";

/** What every answer may be instead. */
const REFUSALS = {
  403: toRefusal("The certificate is of no active party (`identity/…`)."),
  404: toRefusal("Not of the published tree (`tlog/tile-missing`, `tlog/tile-path`, `ledger/unpublished`)."),
  429: toRefusal("Asked too often (`ledger/too-many-requests`): again after a second."),
};

export function toLedgerOpenApi(): string {
  const document = {
    openapi: "3.1.0",
    info: {
      title: "LEIX ledger service",
      version: "1",
      description:
        "The ledger as a C2SP tlog-tiles log. TLS 1.3 with a client certificate of the network's own " +
        "authority, whose name is that of an active party; records are for auditors.",
    },
    paths: {
      "/checkpoint": toGet("The newest published checkpoint", "text/plain", "no-cache", []),
      "/checkpoint/cosigned": toGet(
        "The newest checkpoint that the quorum of witnesses has cosigned; without a quorum, the newest",
        "text/plain",
        "no-cache",
        [],
      ),
      "/tile/{level}/{index}": toTile(["level", "index"]),
      "/tile/{level}/{index}.p/{width}": toTile(["level", "index", "width"]),
      "/tile/entries/{index}": toTile(["index"]),
      "/tile/entries/{index}.p/{width}": toTile(["index", "width"]),
      "/record/{index}": toRecords(["index"]),
      "/record/{index}.p/{width}": toRecords(["index", "width"]),
      "/sealed/{seal}": toGet(SEALED, "application/octet-stream", "private, no-cache", ["seal"]),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function toTile(names: readonly Name[]): object {
  return toGet(TILE, "application/octet-stream", "private, max-age=31536000, immutable", names);
}

function toRecords(names: readonly Name[]): object {
  const summary = "The records of an entry bundle, one a line; an empty line for one that was erased";
  return toGet(summary, "application/jsonl", "private, no-cache", names);
}

const PARAMETERS = {
  level: { schema: { type: "integer", minimum: 0, maximum: 63 } },
  index: { description: INDEX, schema: { type: "string", pattern: "^(x[0-9]{3}/)*[0-9]{3}$" } },
  seal: { description: "index of the seal", schema: { type: "integer", minimum: 0 } },
  width: { description: "of a partial tile", schema: { type: "integer", minimum: 1, maximum: 255 } },
} as const;
type Name = keyof typeof PARAMETERS;

function toGet(summary: string, type: string, caching: string, names: readonly Name[]): object {
  const parameters = names.map((name) => ({ name, in: "path", required: true, ...PARAMETERS[name] }));
  const headers = { "Cache-Control": { schema: { const: caching } } };
  const found = { description: summary, headers, content: { [type]: {} } };
  return { get: { summary, parameters, responses: { 200: found, ...REFUSALS } } };
}

function toRefusal(description: string): object {
  const code = { type: "object", properties: { code: { type: "string" } }, required: ["code"] };
  return { description, content: { "application/json": { schema: code } } };
}
