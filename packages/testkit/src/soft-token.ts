import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where distributions put SoftHSM's module. */
const MODULES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"];
const module = MODULES.find((path) => existsSync(path));

export const hasSoftToken =
  module !== undefined && ["softhsm2-util", "pkcs11-tool"].every((tool) => !spawnSync(tool, ["-h"]).error);
export const SOFT_TOKEN_HOW = "apt-get install --no-install-recommends softhsm2 opensc";

/**
 * A PKCS#11 token in a folder of its own, made by SoftHSM. While it lives, SOFTHSM2_CONF of this process
 * names it: one at a time.
 */
export interface SoftToken extends AsyncDisposable {
  readonly dir: string;
  readonly module: string;
  readonly label: string;
  readonly pinFile: string;
  /** Makes a key pair in the token, which it never leaves. */
  createKey(
    type: "EC:prime256v1" | "EC:edwards25519" | "EC:secp384r1",
    id: string,
    label: string,
  ): Promise<void>;
  /** Puts a private key (PKCS #8, PEM) into the token. */
  importKey(pem: string, id: string, label: string): Promise<void>;
}

const PIN = "271828";

export async function createSoftToken(label: string): Promise<SoftToken> {
  if (module === undefined) throw new Error(SOFT_TOKEN_HOW);
  const dir = await mkdtemp(join(tmpdir(), "leix-softhsm-"));
  const pinFile = join(dir, "pin");
  const configuration = join(dir, "softhsm2.conf");
  await mkdir(join(dir, "tokens"));
  await writeFile(pinFile, `${PIN}\n`, { mode: 0o600 });
  await writeFile(
    configuration,
    `directories.tokendir = ${join(dir, "tokens")}\nobjectstore.backend = file\n`,
  );
  process.env.SOFTHSM2_CONF = configuration;
  await run("softhsm2-util", ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN]);
  return {
    dir,
    module,
    label,
    pinFile,
    async createKey(type, id, name) {
      const token = ["--module", module, "--token-label", label, "--login", "--pin", PIN];
      await run("pkcs11-tool", [...token, "--keypairgen", "--key-type", type, "--id", id, "--label", name]);
    },
    async importKey(pem, id, name) {
      const file = join(dir, "import.pem");
      await writeFile(file, pem, { mode: 0o600 });
      const place = ["--token", label, "--pin", PIN, "--id", id, "--label", name];
      await run("softhsm2-util", ["--import", file, ...place]);
      await rm(file);
    },
    async [Symbol.asyncDispose]() {
      delete process.env.SOFTHSM2_CONF;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
