import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { LeixError, type MessageRef } from "@leix/protocol";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DraftContext, toDraft } from "./draft-flags.ts";
import { addSendOptions, type SendFlags } from "./send-flags.ts";

const NOW_MS = 1_800_000_000_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-flags-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const refOf = (id: string) => ({ iss: "RS-FIU", id: `whole-${id}`, digest: "d" }) as unknown as MessageRef;

function createContext(stdin = ""): DraftContext {
  const findRef = (part: string) => {
    if (part === "none") throw new LeixError("client/not-found", part);
    return refOf(part);
  };
  return { archive: { findRef }, nowMs: NOW_MS, userName: "ahoxha", stdin: Readable.from([stdin]) };
}

/** The flags as the command line parses them. */
function parse(...words: readonly string[]): SendFlags {
  const command = addSendOptions(new Command("send").option("--as <agency>").exitOverride()).configureOutput({
    writeErr: () => undefined,
  });
  return command.parse(["--as", "AL-SPOC", ...words], { from: "user" }).opts<SendFlags>();
}

const draft = (...words: readonly string[]) => toDraft(parse(...words), createContext());

describe("a draft", () => {
  test("of a few words", async () => {
    expect(await draft("--to", "RS-FIU,RS-SPOC", "--to", "ME-SPOC", "--text", "Who?")).toEqual({
      kind: "request",
      to: ["RS-FIU", "RS-SPOC", "ME-SPOC"],
      officer: { name: "ahoxha", role: "officer" },
      body: { text: "Who?" },
    });
  });

  test("of a request with everything", async () => {
    const words = [
      ["--to", "RS-FIU", "--copy", "RS-SPOC", "--purpose", "investigation", "--crime", "drug-trafficking"],
      ["--urgency", "life", "--access", "direct", "--personal", "suspect+minor-victim:treaty", "--re", "r1"],
      ["--handling", "H2", "--classification", "restricted", "--delete-by", "30d", "--language", "sq"],
      [
        "--derived-from",
        "d1",
        "--derived-from",
        "d2",
        "--consent",
        "c1",
        "--case",
        "c",
        "--evaluation",
        "B2",
      ],
      ["--legal-basis", "art-5", "--evidence-use", "--officer", "A. Hoxha", "--officer-role", "analyst"],
      ["--text", "t", "--facts", "f", "--person", "p1", "--person", "p2", "--reference", "n"],
      ["--data", "identity,telecommunications", "--offence", "max-years=5,eaw-listed,serious"],
      ["--factual", "fact", "--as-of", "2d", "--special", "law", "--spoc-exception", "terrorism"],
      ["--strict-necessity", "s", "--justification", "j"],
    ];
    expect(await draft(...words.flat())).toEqual({
      kind: "request",
      to: ["RS-FIU"],
      copies: ["RS-SPOC"],
      re: refOf("r1"),
      case: "c",
      officer: { name: "A. Hoxha", role: "analyst" },
      purpose: "investigation",
      crime: "drug-trafficking",
      urgency: { ground: "life" },
      access: "direct",
      data: ["identity", "telecommunications"],
      offence: { maxPenaltyYears: 5, eawListed: true, serious: true },
      personal: {
        subjects: [{ category: "suspect" }, { category: "victim", minor: true }],
        ...{ basis: "treaty", special: "law", factual: "fact", asOf: 1_799_827_200 },
      },
      spocException: "terrorism",
      handling: "H2",
      classification: "restricted",
      deleteBy: 1_802_592_000,
      language: "sq",
      derivedFrom: [refOf("d1"), refOf("d2")],
      consents: [refOf("c1")],
      evaluation: { source: "B", information: "2" },
      legalBasis: "art-5",
      evidenceUse: true,
      body: {
        ...{ text: "t", facts: "f", persons: ["p1", "p2"], nationalReference: "n" },
        ...{ strictNecessity: "s", justification: "j" },
      },
    });
  });

  test.each([
    [
      "consent",
      [
        "--of",
        "m",
        "--recipients",
        "ME-SPOC",
        "--purposes",
        "investigation",
        "--permits",
        "forward",
        "--until",
        "30d",
      ],
      {
        grant: {
          of: refOf("m"),
          recipients: ["ME-SPOC"],
          purposes: ["investigation"],
          permits: ["forward"],
          until: 1_802_592_000,
        },
      },
    ],
    [
      "consent-request",
      ["--of", "m", "--recipients", "ME-SPOC,ME-FIU"],
      { of: refOf("m"), recipients: ["ME-SPOC", "ME-FIU"] },
    ],
    [
      "refusal",
      ["--re", "m", "--ground", "not-available", "--partial"],
      { ground: "not-available", partial: true },
    ],
    [
      "notification",
      ["--override", "imminent-threat-to-life"],
      { override: { code: "imminent-threat-to-life" } },
    ],
    [
      "delay",
      ["--re", "m", "--reason", "judicial", "--until", "2027-05-31"],
      { reason: "judicial", until: 1_811_807_999 },
    ],
    ["correction", ["--re", "m", "--action", "erase"], { action: "erase" }],
    ["acknowledgement", ["--re", "m", "--status", "erased"], { status: "erased" }],
  ])("of kind %s has what is its own", async (kind, words, own) => {
    expect(await draft("--to", "RS-FIU", "--kind", kind, ...words)).toMatchObject({ kind, ...own });
  });

  test("takes its text from a file, or from standard input", async () => {
    const file = join(folder, "text");
    await writeFile(file, "from a file\n");
    expect(await draft("--to", "A", "--text-file", file)).toMatchObject({ body: { text: "from a file\n" } });
    const flags = parse("--to", "A", "--text-file", "-");
    expect(await toDraft(flags, createContext("from a pipe"))).toMatchObject({
      body: { text: "from a pipe" },
    });
  });
});

describe("what is refused", () => {
  test.each([
    [
      "a consent without its scope",
      ["--kind", "consent", "--of", "m"],
      "command/arguments",
      /--recipients, --purposes, --permits, --until/,
    ],
    ["an answer to nothing", ["--kind", "answer"], "command/arguments", /--re/],
    ["a request for nothing", ["--purpose", "investigation"], "command/arguments", /--text or --text-file/],
    ["words beside no text", ["--facts", "f"], "command/arguments", /--text/],
    ["a file that is not there", ["--text-file", "/nowhere/x"], "command/arguments", /cannot read/],
    ["a basis too many", ["--personal", "suspect:treaty:more"], "command/arguments", /suspect:treaty/],
    ["what is not known of an offence", ["--offence", "bad"], "command/arguments", /max-years=<years>/],
    ["a time of no data", ["--as-of", "2d"], "command/arguments", /--as-of needs --personal/],
    [
      "what another kind says",
      ["--ground", "not-available"],
      "command/arguments",
      /--ground is for --kind refusal/,
    ],
    ["a time that is none", ["--delete-by", "soon"], "command/arguments", /soon/],
    ["a message that is not here", ["--re", "none"], "client/not-found", /none/],
  ])("%s", async (_name, words, code, detail) => {
    const error = await draft("--to", "RS-FIU", ...words).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, detail: expect.stringMatching(detail) });
  });

  test.each([
    ["a purpose", ["--purpose", "curiosity"]],
    ["a kind", ["--kind", "gossip"]],
    ["a handling code", ["--handling", "H9"]],
  ])("%s that does not exist, with those that do", (_name, words) => {
    expect(() => parse("--to", "RS-FIU", ...words)).toThrow(/Allowed choices/);
  });
});
