import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPolicySet, type PolicyFile } from "@leix/principles";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createPaper } from "../../messages/paper.ts";
import { writeExport } from "../export.testkit.ts";
import { openFileSource } from "../file-source.ts";
import { parseRange } from "../search/record-range.ts";
import { compareLedger, type WhatIfReport } from "./compare.ts";
import { toPage } from "./page.ts";
import { loadProposedSet } from "./proposed-set.ts";
import { writeReport } from "./report-text.ts";
import { createDeniedLedger, toPolicy, writePolicies } from "./what-if.testkit.ts";
import { CAVEATS } from "./words.ts";

/** Ledgers are made and followed, on a machine that does other things too. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const ledger = await createDeniedLedger();
const { trust, policyFiles } = ledger.world;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-what-if-"));
  await writeExport(join(folder, "ledger.ndjson"), ledger.records, trust);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const withoutP32 = policyFiles.filter(({ name }) => name !== "P32.cedar");

async function compare(files: readonly PolicyFile[], flags = {}): Promise<WhatIfReport> {
  await using source = await openFileSource(join(folder, "ledger.ndjson"), trust);
  return await compareLedger(trust, source, { proposed: loadPolicySet(files), range: parseRange(flags) });
}

function toText(report: WhatIfReport): string {
  const lines: string[] = [];
  writeReport(createPaper({ write: (text: string) => lines.push(text) }), report);
  return lines.join("");
}

/** The bars of a plot, as drawn. */
function readBars(page: string, title: string) {
  const plot = page.slice(
    page.indexOf(`id="${title}"`),
    page.indexOf("</svg>", page.indexOf(`id="${title}"`)),
  );
  const names = ["x", "y", "width", "height"].map((name) => `${name}="([\\d.]+)"`);
  const pattern = `<rect class="(permit|deny)" ${names.join(" ")} data-name="([^"]*)" data-count="(\\d+)"`;
  return [...plot.matchAll(new RegExp(pattern, "g"))].map(([, side, x, y, width, height, name, count]) => {
    const [left, top, long, high] = [x, y, width, height].map(Number);
    return { side, left, top, long: long ?? 0, high: high ?? 0, name, count: Number(count) };
  });
}

describe("what would change", () => {
  test("where a rule is taken out: denials by that rule, and by no other", async () => {
    const report = await compare(withoutP32);
    expect(report).toMatchObject({ records: ledger.records.length, toDeny: 0, failed: 0 });
    expect(report.byPolicy.map(({ policy }) => policy)).toEqual(["P32"]);
    expect(report.inForce).toMatchObject({ version: 1, onlyProposed: [], onlyInForce: ["P32"] });
    const text = toText(report);
    expect(text.replace(/\s+/g, " ")).toContain(`${report.toPermit} deliveries would pass that were denied`);
    expect(text).toMatch(
      /P32 +0 would be denied +\d+ would pass +for example record \d+, message [0-9a-f-]{36} of/,
    );
    expect(text.replace(/\s+/g, " ").replaceAll(" - ", " ")).toContain(CAVEATS.join(" "));
  });

  test("where nothing is changed: nothing", async () => {
    const report = await compare(policyFiles);
    expect(report).toMatchObject({ changed: 0, reasons: 0, byPolicy: [], changes: [] });
    expect(report.proposed.digest).toBe(report.inForce?.digest);
    expect(toText(report)).toContain(`none of ${report.messages} messages would change`);
    expect(toPage(report)).not.toContain("<svg");
  });

  test("within a range, after all that was before it", async () => {
    const all = await compare(withoutP32);
    const [one, two] = all.changes;
    const from = String(two?.index);
    const part = await compare(withoutP32, { from });
    expect(one?.index).toBe(two?.index);
    expect(part.messages).toBe(all.messages - 1);
    expect(part.first?.index).toBe(two?.index);
    const single = await compare(withoutP32, { from, to: from });
    expect(single).toMatchObject({ messages: 1, changed: 1, toPermit: 2, records: (two?.index ?? 0) + 1 });
    expect(await compare(withoutP32, { from: "2030-01-01" })).toMatchObject({ messages: 0, first: null });
  });

  test("not of a ledger that is none", async () => {
    const cut = ledger.records.toSpliced(3, 1);
    await writeExport(join(folder, "ledger.ndjson"), cut, trust);
    await expect(compare(policyFiles)).rejects.toMatchObject({ code: "record/index" });
    const starts = await writeExport(join(folder, "ledger.ndjson"), ledger.records, trust);
    await truncate(join(folder, "ledger.ndjson"), starts.at(-2));
    await expect(compare(policyFiles)).rejects.toMatchObject({ code: "ledger/unreadable" });
    await writeExport(join(folder, "ledger.ndjson"), ledger.records, {
      ...trust,
      aud: "other.example" as never,
    });
    await expect(compare(policyFiles)).rejects.toMatchObject({ code: "ledger/unreadable" });
  });
});

describe("the page", () => {
  test("draws the numbers that it lists", async () => {
    const report = await compare([...withoutP32, toPolicy("P99", "context.classificationRank < 1")]);
    expect(Math.min(report.toDeny, report.toPermit)).toBeGreaterThan(0);
    const page = toPage(report);
    const times = readBars(page, "time-title");
    const sum = (bars: readonly { side: string | undefined; count: number }[], side: string) =>
      bars.filter((bar) => bar.side === side).reduce((total, { count }) => total + count, 0);
    expect([sum(times, "permit"), sum(times, "deny")]).toEqual([report.toPermit, report.toDeny]);
    const rules = readBars(page, "rule-title");
    expect(rules).toHaveLength(report.byPolicy.length * 2);
    for (const { policy, toPermit, toDeny } of report.byPolicy) {
      const own = rules.filter(({ name }) => name === policy);
      expect(own.map(({ side, count }) => [side, count])).toEqual([
        ["permit", toPermit],
        ["deny", toDeny],
      ]);
    }
    const lengths = rules.filter(({ count }) => count > 0).map(({ long, count }) => long / count);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(0.1);
    const heights = times.filter(({ count }) => count > 0).map(({ high, count }) => high / count);
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(0.1);
    for (const { name, toPermit, toDeny } of report.byAgency.map((one) => ({ ...one, name: one.agency }))) {
      expect(page).toContain(
        `<th scope="row">${name}</th><td class="n">${toPermit}</td><td class="n">${toDeny}</td>`,
      );
    }
    expect(page.match(/<tr><td class="n">/g)).toHaveLength(report.changes.length);
  });

  test("is one file that fetches nothing, runs nothing, and says what it is", async () => {
    const page = toPage(await compare(withoutP32));
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain("<title>What would change under the proposed policies</title>");
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\ssrc=|\shref=|\son[a-z]+=/i);
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page.match(/role="img" aria-labelledby="/g)).toHaveLength(2);
    expect(page.match(/<table><caption>/g)?.length).toBeGreaterThanOrEqual(6);
    expect(page).toContain("prefers-color-scheme: dark");
    for (const tag of ["div", "table", "tr", "td", "th", "figure", "svg", "main", "dl", "ul"]) {
      const open = page.match(new RegExp(`<${tag}[ >]`, "g"))?.length;
      expect([tag, page.match(new RegExp(`</${tag}>`, "g"))?.length]).toEqual([tag, open]);
    }
  });

  test("escapes every text", async () => {
    const report = await compare(withoutP32);
    const bad = `</title><script>alert("1" & '2')</script>`;
    const [policy] = report.byPolicy;
    const [change] = report.changes;
    if (!policy || !change) throw new Error("nothing changed");
    const example = { index: 1, iss: bad as never, id: bad as never };
    const page = toPage({
      ...report,
      byPolicy: [{ ...policy, policy: bad as never, examples: [example] }],
      byAgency: [{ agency: bad as never, toDeny: 1, toPermit: 1 }],
      changes: [{ ...change, ...example, agency: bad as never, policies: [bad as never] }],
      ...{ reasons: 1, otherReasons: [{ name: bad, added: 1, removed: 1, examples: [example] }] },
      ...{ failed: 1, failures: [{ ...example, code: "decision/engine", detail: bad }] },
    });
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    expect(page.match(/<title>/g)).toHaveLength(1);
  });
});

describe("a proposed set", () => {
  const load = (files: readonly PolicyFile[]) =>
    writePolicies(join(folder, "set"), files)
      .then(loadProposedSet)
      .then(
        () => "loaded",
        (error) => error.code,
      );

  test("is the folder's files, with this program's schema where it has none", async () => {
    expect(await load(policyFiles)).toBe("loaded");
    await rm(join(folder, "set"), { recursive: true });
    expect(await load(policyFiles.filter(({ name }) => name !== "schema.cedarschema"))).toBe("loaded");
  });

  test.each([
    ["an unknown fact", toPolicy("P98", "context.moonIsFull")],
    ["no Cedar", { name: "P98.cedar", content: "no" }],
    ["what can never hold", toPolicy("P98", 'context.classificationRank like "x"')],
    ["a file of another kind", { name: "P98.cedar~", content: "" }],
  ])("with %s is refused", async (_, file) => {
    expect(await load([...policyFiles, file])).toBe("statement/policy-set");
  });

  test("that is empty, not text, or not there is refused", async () => {
    expect(await load([])).toBe("statement/policy-set");
    await writeFile(join(folder, "set", "P98.cedar"), Uint8Array.of(0xff, 0xfe));
    expect(await load(policyFiles)).toBe("statement/policy-set");
    await rm(join(folder, "set", "P98.cedar"));
    await mkdir(join(folder, "set", "P98.cedar"));
    expect(await load(policyFiles)).toBe("config/invalid");
    await expect(loadProposedSet(join(folder, "none"))).rejects.toMatchObject({ code: "config/invalid" });
  });
});
