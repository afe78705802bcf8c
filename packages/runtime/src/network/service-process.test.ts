import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ERRORS } from "@leix/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ServiceProcess, superviseProcess } from "./service-process.ts";

let folder: string;
let logFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-process-"));
  logFile = join(folder, "x.log");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const STAYS = "console.log('alive', process.env.MARK); setInterval(() => {}, 1000);";

/** Said so many times, then settled. */
function hear(): { say: (line: string) => void; lines: string[]; times: (count: number) => Promise<void> } {
  const lines: string[] = [];
  let check = (): void => undefined;
  return {
    lines,
    say: (line) => {
      lines.push(line);
      check();
    },
    times: (count) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      check = () => lines.length >= count && resolve();
      check();
      return promise;
    },
  };
}

const supervise = (program: string, say: (line: string) => void): Promise<ServiceProcess> => {
  const command = [process.execPath, "-e", program] as const;
  return superviseProcess({ name: "x", command, env: { MARK: "here" }, logFile, say });
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("superviseProcess", () => {
  it("starts a program that ends again and again, and says so", async () => {
    const heard = hear();
    await using supervised = await supervise("process.exit(3)", heard.say);
    await heard.times(2);
    expect(supervised.restarts).toBeGreaterThanOrEqual(2);
    expect(heard.lines[0]).toBe(`x ended (exit code 3) and is started again; see ${logFile}`);
  });

  it("says the code with which it ended, and what to do, but not what a life before it wrote", async () => {
    const heard = hear();
    const line = JSON.stringify({ event: "service.failed", err: { code: "ledger/rolled-back" } });
    const told = JSON.stringify(join(folder, "told"));
    const program = `const { existsSync, writeFileSync } = require("node:fs");
      if (!existsSync(${told})) console.log(${JSON.stringify(line)});
      writeFileSync(${told}, ""); process.exitCode = 1;`;
    await using _supervised = await supervise(program, heard.say);
    await heard.times(2);
    const said = `x ended (exit code 1) and is started again; see ${logFile}`;
    const why = `: ledger/rolled-back. ${ERRORS["ledger/rolled-back"].todo}`;
    expect(heard.lines.slice(0, 2)).toEqual([`${said}${why}`, said]);
  });

  it("starts a killed one again under another pid", async () => {
    const heard = hear();
    await using supervised = await supervise(STAYS, heard.say);
    const { pid } = supervised;
    expect(pid).toBeDefined();
    await supervised.kill();
    expect(isAlive(pid ?? 0)).toBe(false);
    await heard.times(1);
    expect(heard.lines[0]).toMatch(/SIGKILL/);
    expect(supervised.restarts).toBe(1);
  });

  it("stops for good, also what is paused, and keeps what it wrote for its owner only", async () => {
    const heard = hear();
    const supervised = await supervise(`process.stdout.write(process.env.MARK); ${STAYS}`, heard.say);
    const { pid } = supervised;
    supervised.pause();
    await supervised.stop();
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(supervised.pid).toBeUndefined();
    expect(heard.lines).toEqual([]);
    expect(typeof (await readFile(logFile, "utf8"))).toBe("string");
  });

  it("is not started again once it may end", async () => {
    const heard = hear();
    const ending = new AbortController();
    const command = [process.execPath, "-e", STAYS] as const;
    await using supervised = await superviseProcess({
      name: "x",
      command,
      env: {},
      logFile,
      say: heard.say,
      ending: ending.signal,
    });
    ending.abort();
    await supervised.kill();
    await supervised.stop();
    expect(heard.lines).toEqual([]);
  });

  it("says it when the program cannot be run at all", async () => {
    const heard = hear();
    const command = [join(folder, "missing")] as const;
    await using _supervised = await superviseProcess({
      name: "x",
      command,
      env: {},
      logFile,
      say: heard.say,
    });
    await heard.times(1);
    expect(heard.lines[0]).toMatch(/ENOENT/);
  });
});

describe("a supervisor that is killed", () => {
  it("takes with it what runs as a service", async () => {
    const module = new URL("./service-process.ts", import.meta.url).href;
    const lifecycle = new URL("../lifecycle.ts", import.meta.url).href;
    const service = `
      import { runService, untilAborted } from ${JSON.stringify(lifecycle)};
      const logger = { info: () => {}, fatal: () => {} };
      await runService(logger, async () => ({ run: untilAborted }));`;
    const supervisor = `
      import { superviseProcess } from ${JSON.stringify(module)};
      const command = [process.execPath, "--input-type=module-typescript", "-e", ${JSON.stringify(service)}];
      const options = { name: "x", command, env: {}, logFile: ${JSON.stringify(logFile)}, say: () => {} };
      const { pid } = await superviseProcess(options);
      process.stdout.write(String(pid));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", supervisor]);
    const [pid] = await once(child.stdout, "data");
    child.kill("SIGKILL");
    await vi.waitUntil(() => !isAlive(Number(pid)), { timeout: 10_000 });
  }, 20_000);
});
