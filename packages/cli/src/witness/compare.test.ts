import { LeixError } from "@leix/protocol";
import { expect, test } from "vitest";
import { orTilesElsewhere } from "./compare.ts";

test("where the ledger service has no tiles of a note, whoever has its records is named", async () => {
  for (const code of ["tlog/tile-missing", "tlog/root-differs"] as const) {
    await expect(orTilesElsewhere(Promise.reject(new LeixError(code, "tile/0/000")))).rejects.toMatchObject({
      code,
      detail: expect.stringMatching(/^tile\/0\/000; .*leix audit verify <note> --store <folder> --fork-out/),
    });
  }
  const other = new LeixError("tlog/note", "a note");
  await expect(orTilesElsewhere(Promise.reject(other))).rejects.toBe(other);
  expect(await orTilesElsewhere(Promise.resolve("same"))).toBe("same");
});
