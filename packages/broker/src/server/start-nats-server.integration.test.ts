import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findNatsServer } from "./find-nats-server.ts";
import { type NatsServer, startNatsServer } from "./start-nats-server.ts";

let folder = "";
let binary = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-start-"));
  ({ path: binary } = await findNatsServer({ env: process.env, say: () => undefined }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(config: string, onLine?: (line: string) => void): Promise<NatsServer> {
  await writeFile(join(folder, "n.conf"), config);
  return startNatsServer({ binary, folder, configFile: "n.conf", ...(onLine ? { onLine } : {}) });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("startNatsServer", () => {
  it("returns when the server is ready, and stops it at the end of the scope", async () => {
    let pid = 0;
    {
      const lines: string[] = [];
      await using server = await start('listen: "127.0.0.1:-1"', (line) => lines.push(line));
      pid = server.pid;
      expect(isAlive(pid)).toBe(true);
      expect(lines.at(-1)).toContain("Server is ready");
      expect(server.lastLines()).toEqual(lines);
    }
    expect(isAlive(pid)).toBe(false);
  });

  it("stops in order, and a second time without harm", async () => {
    const server = await start('listen: "127.0.0.1:-1"');
    await server.stop();
    await server.stop();
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it("kills as a crash would", async () => {
    const server = await start('listen: "127.0.0.1:-1"');
    await server.kill();
    expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("stops even a server that is paused", async () => {
    const server = await start('listen: "127.0.0.1:-1"');
    server.pause();
    await server.kill();
    expect(isAlive(server.pid)).toBe(false);
  });

  it("says what is wrong with a configuration", async () => {
    await expect(start("no_such_setting: 1")).rejects.toMatchObject({
      code: "broker/server-failed",
      detail: expect.stringContaining("no_such_setting"),
    });
  });

  it("says that the port is taken, and leaves nothing running", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    await expect(start(`listen: "127.0.0.1:${port}"`)).rejects.toMatchObject({
      code: "broker/server-failed",
      detail: expect.stringContaining("address already in use"),
    });
    other.close();
  });

  it("says that the binary cannot be run", async () => {
    const starting = startNatsServer({ binary: join(folder, "none"), folder, configFile: "n.conf" });
    await expect(starting).rejects.toMatchObject({ code: "broker/server-failed" });
  });
});
