import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askSecret } from "./ask-secret.ts";
import { createPassphraseSource } from "./passphrase.ts";

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "leix-passphrase-"));
  file = join(dir, "passphrase");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("a passphrase", () => {
  it("is the first line of the file that is named, read once", async () => {
    await writeFile(file, "one two three four\r\nnot this\n", { mode: 0o600 });
    const ask = createPassphraseSource(file);
    expect(await ask("a.jwk")).toBe("one two three four");
    await rm(file);
    expect(await ask("b.jwk")).toBe("one two three four");
  });

  it("is not taken from a file that others may read, nor from an empty one", async () => {
    await writeFile(file, "one two three four", { mode: 0o600 });
    await chmod(file, 0o644);
    const code = (source = createPassphraseSource(file)) => source("a.jwk").catch((error) => error.code);
    expect(await code()).toBe("key/readable-by-others");
    await writeFile(file, "\n");
    await chmod(file, 0o600);
    expect(await code()).toBe("key/passphrase-missing");
    await rm(file);
    expect(await code()).toBe("config/invalid");
  });

  it("is missing where no file is named and no terminal is there", async () => {
    expect(process.stdin.isTTY && process.stderr.isTTY).toBeFalsy();
    await expect(createPassphraseSource(undefined)("a.jwk")).rejects.toMatchObject({
      code: "key/passphrase-missing",
      detail: "a.jwk",
    });
  });
});

describe("asking at the terminal", () => {
  /** Keyboard and screen: what is shown, and when the terminal is told to echo nothing by itself. */
  function createTerminal() {
    const events: string[] = [];
    const setRawMode = (isRaw: boolean) => events.push(isRaw ? "echo off" : "echo on");
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode });
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        events.push(String(chunk));
        done();
      },
    });
    return { terminal: { input, output }, events };
  }

  it("shows the question and nothing of the answer", async () => {
    const { terminal, events } = createTerminal();
    const answer = askSecret("Passphrase of a.jwk: ", terminal);
    // With a slip of the finger that is taken back.
    terminal.input.write("correct horsd\u007fe\r");
    expect(await answer).toBe("correct horse");
    expect(events).toEqual(["echo off", "Passphrase of a.jwk: ", "echo on", "\n"]);
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("is given up with %s", async (_, key) => {
    const { terminal, events } = createTerminal();
    const answer = askSecret("Passphrase: ", terminal);
    terminal.input.write(key);
    expect(await answer).toBe("");
    expect(events.slice(-2)).toEqual(["echo on", "\n"]);
  });
});
