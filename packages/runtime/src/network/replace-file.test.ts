import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PUBLIC_MODE, SECRET_MODE } from "./folder-file.ts";
import { removeFile, replaceFile } from "./replace-file.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "leix-replace-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe("a file", () => {
  it.each([
    ["for its owner only, unless another mode is given", undefined, SECRET_MODE],
    ["with the mode that is given", PUBLIC_MODE, PUBLIC_MODE],
  ])("is replaced whole, %s, whatever was there and an earlier attempt left", async (_, mode, expected) => {
    const file = join(dir, "tls.key");
    for (const [name, text, before] of [
      [file, "old", 0o644],
      [`${file}.${process.pid}.draft`, "half", 0o644],
      [`${file}.1.draft`, "another's", 0o600],
    ] as const) {
      await writeFile(name, text, { mode: before });
    }
    await replaceFile(file, "new", mode);
    expect(await readFile(file, "utf8")).toBe("new");
    expect(await modeOf(file)).toBe(expected);
    expect((await readdir(dir)).toSorted()).toEqual(["tls.key", "tls.key.1.draft"]);
  });

  it("is made where nothing was, and removed, in a folder that is there", async () => {
    const file = join(dir, "file");
    await replaceFile(file, Uint8Array.of(1, 2));
    expect(await readFile(file)).toEqual(Buffer.of(1, 2));
    await removeFile(file);
    await removeFile(file);
    expect(await readdir(dir)).toEqual([]);
    await expect(replaceFile(join(dir, "another", "file"), "")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
