import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findNatsServer } from "./find-nats-server.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-find-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that answers `--version` as nats-server does. */
async function writeServer(path: string, version: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  await chmod(path, 0o755);
  return path;
}

function toEnv(more: Record<string, string> = {}): Record<string, string> {
  return { PATH: join(folder, "bin"), XDG_CACHE_HOME: join(folder, "cache"), HOME: folder, ...more };
}

const cached = (version: string) =>
  join(folder, "cache/leix", `nats-server-${version}`, "usr/sbin/nats-server");
const noArchive = async (): Promise<string> => "debian-package/no-apt: this machine has no apt-get";

describe("findNatsServer", () => {
  it("takes LEIX_NATS_SERVER before everything else", async () => {
    const named = await writeServer(join(folder, "named"), "2.15.1");
    await writeServer(join(folder, "bin/nats-server"), "2.16.0");
    const found = await findNatsServer({ env: toEnv({ LEIX_NATS_SERVER: named }), say: fail });
    expect(found).toEqual({ path: named, version: "2.15.1", from: "LEIX_NATS_SERVER" });
  });

  it.each(["missing", "too-old"])(
    "refuses a LEIX_NATS_SERVER that is %s and looks no further",
    async (kind) => {
      const named = join(folder, "named");
      if (kind === "too-old") await writeServer(named, "2.9.10");
      await writeServer(join(folder, "bin/nats-server"), "2.16.0");
      const finding = findNatsServer({ env: toEnv({ LEIX_NATS_SERVER: named }), say: fail });
      await expect(finding).rejects.toMatchObject({ code: "broker/server-missing" });
    },
  );

  it("takes the one on PATH when it is new enough", async () => {
    const path = await writeServer(join(folder, "bin/nats-server"), "2.15.1");
    const found = await findNatsServer({ env: toEnv(), say: fail });
    expect(found).toEqual({ path, version: "2.15.1", from: "PATH" });
  });

  it("passes over an old one on PATH and takes the newest in the cache", async () => {
    await writeServer(join(folder, "bin/nats-server"), "2.9.10");
    await writeServer(cached("2.15.1"), "2.15.1");
    await writeServer(cached("2.16.3"), "2.16.3");
    const found = await findNatsServer({ env: toEnv(), say: fail });
    expect(found).toEqual({ path: cached("2.16.3"), version: "2.16.3", from: "cache" });
  });

  it("fetches once, says so in one line, and finds it in the cache the next time", async () => {
    const said: string[] = [];
    const fetchPackage = async (_name: string, target: string): Promise<null> => {
      await writeServer(join(target, "usr/sbin/nats-server"), "2.15.1");
      return null;
    };
    const first = await findNatsServer({ env: toEnv(), say: (line) => said.push(line), fetchPackage });
    expect(first).toEqual({ path: cached("2.15.1"), version: "2.15.1", from: "Debian" });
    expect(said).toHaveLength(1);
    expect(said[0]).not.toContain("\n");
    const second = await findNatsServer({ env: toEnv(), say: fail, fetchPackage: noArchive });
    expect(second).toEqual({ ...first, from: "cache" });
  });

  it("leaves one whole package and no litter when several fetch at once", async () => {
    const started = Promise.withResolvers<void>();
    let fetching = 0;
    const fetchPackage = async (_name: string, target: string): Promise<null> => {
      if (++fetching === 4) started.resolve();
      await started.promise;
      await writeServer(join(target, "usr/sbin/nats-server"), "2.15.1");
      return null;
    };
    const finding = () => findNatsServer({ env: toEnv(), say: () => undefined, fetchPackage });
    const found = await Promise.all([finding(), finding(), finding(), finding()]);
    expect(found.map(({ path }) => path)).toEqual(Array(4).fill(cached("2.15.1")));
    expect(await readdir(join(folder, "cache/leix"))).toEqual(["nats-server-2.15.1"]);
  });

  it("names every place it tried and the way out when there is none", async () => {
    await writeServer(join(folder, "bin/nats-server"), "2.9.10");
    const finding = findNatsServer({ env: toEnv(), say: () => undefined, fetchPackage: noArchive });
    const error = await finding.then(fail, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: "broker/server-missing" });
    const { detail } = error as { detail: string };
    for (const place of [
      "LEIX_NATS_SERVER",
      "2.9.10",
      join(folder, "cache/leix"),
      "no-apt",
      "releases",
      "Docker",
    ]) {
      expect(detail).toContain(place);
    }
  });

  it("says that the cache cannot be written", async () => {
    await writeFile(join(folder, "cache"), "a file where the folder should be");
    const finding = findNatsServer({ env: toEnv(), say: fail, fetchPackage: noArchive });
    await expect(finding).rejects.toMatchObject({ detail: expect.stringContaining("cannot write into") });
  });
});

function fail(): never {
  throw new Error("must not be called");
}
