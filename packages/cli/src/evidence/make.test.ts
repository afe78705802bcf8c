import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerWriter } from "@leix/ledger-store";
import { decodeUtf8, encodeUtf8, parseRecord } from "@leix/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSignedLedger, type SignedLedger } from "../audit/signed-ledger.testkit.ts";
import { makeFromLedger } from "./make.ts";

let ledger: SignedLedger;
let newest: Uint8Array;
let folder: string;
beforeAll(async () => {
  ledger = await createSignedLedger();
  newest = await ledger.sign(ledger.headAt(ledger.records.length));
  folder = await mkdtemp(join(tmpdir(), "leix-make-"));
  await writeFile(join(folder, "party.json"), JSON.stringify(ledger.world.trust));
  const store = join(folder, "log", "store");
  await mkdir(join(folder, "log"));
  await using writer = await openLedgerWriter(store, { log: ledger.vkey });
  await writer.append(ledger.records);
  await writer.publish(newest);
});
afterAll(() => rm(folder, { recursive: true }));

/** Of the first message that is recorded, where the ledger service keeps this as cosigned. */
async function make(cosigned: Uint8Array): Promise<string> {
  await writeFile(join(folder, "log", "cosigned"), cosigned);
  const ids = ledger.records
    .map((bytes) => parseRecord(bytes))
    .flatMap((record) => (record.kind === "message" ? [record.claims.id] : []));
  const flags = { from: join(folder, "log", "store"), trust: join(folder, "party.json") };
  return (await makeFromLedger("/nowhere", ids[0] ?? "", flags)).why;
}

/** Its root, or its signature, is another one, and its text is a note all the same. */
function alter(note: Uint8Array, line: number): Uint8Array {
  const lines = decodeUtf8(note).split("\n");
  const changed = (lines[line] ?? "").replace(
    /(.)(.{20})$/,
    (_, one, rest) => (one === "A" ? "B" : "A") + rest,
  );
  return encodeUtf8(lines.with(line, changed).join("\n"));
}

test("a cosigned note that was damaged where it lies is passed over for the newest checkpoint", async () => {
  expect(await make(newest)).toBe("cosigned");
  const [origin, ...rest] = decodeUtf8(newest).split("\n");
  expect(await make(encodeUtf8([`${origin}x`, ...rest].join("\n")))).toBe("newest");
  for (const line of [2, 4]) expect(await make(alter(newest, line))).toBe("newest");
  const noText = Uint8Array.from(newest);
  noText[20] = 0xff;
  expect(await make(noText)).toBe("newest");
});

test("a cosigned note by the log's own key over another history is not passed over", async () => {
  const other = await ledger.sign({ ...ledger.headAt(ledger.records.length), root: ledger.headAt(9).root });
  await expect(make(other)).rejects.toMatchObject({ code: "ledger/root-differs" });
});
