// First command on a fresh machine: `node deploy/bootstrap.mjs <entry.ts> [args...]`.
//
// Brings pnpm (through npx), the dependencies and the pinned Node, then becomes the entry: same streams, same
// signals, same exit code. Plain JavaScript, because it runs on whatever Node the machine has (18 or later).
// Everything it says goes to stderr: stdout belongs to the entry, whose last line may be JSON.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const PNPM_VERSION = "12.21.0";
const NODE_MAJOR_MIN = 18;
const NODE_PINNED_MIN = "26.0.0";
const LOCK_POLL_MS = 200;
const LOCK_UNSIGNED_MS_MAX = 10_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const modules = path.join(root, "node_modules");
const stampFile = path.join(modules, ".leix-installed");
const lockFile = path.join(modules, ".leix-installing");
const pinnedNode = path.join(modules, "node", "bin", "node");

class BootstrapError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function say(line) {
  process.stderr.write(`leix: ${line}\n`);
}

function assertNodeVersion() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < NODE_MAJOR_MIN) {
    throw new BootstrapError(
      "bootstrap/node-too-old",
      `this is Node ${process.versions.node}; install Node ${NODE_MAJOR_MIN} or later and repeat the command`,
    );
  }
}

/**
 * npm hands its scripts its whole configuration, command-line flags included. A nested npm or pnpm would take
 * them for its own (`npm test --json` would turn its output to JSON), so only what leads to a registry stays.
 */
function inheritableEnvironment() {
  const keep =
    /^npm_config_(registry|cache|ca|cafile|cert|key|strict_ssl|(https?_|no)?proxy|userconfig|globalconfig)$/;
  const scoped = /^npm_config_(@|\/\/|fetch_)/;
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    const fromNpm = /^npm_/i.test(name) || name === "INIT_CWD";
    if (!fromNpm || keep.test(name) || scoped.test(name)) env[name] = value;
  }
  return env;
}

/** npm also puts our node_modules/.bin first on PATH, whose Node may be the one that is being replaced. */
function machinePath() {
  const entries = (process.env.PATH || "").split(path.delimiter);
  const ofPackages = path.join("node_modules", ".bin");
  return entries.filter((entry) => !entry.endsWith(ofPackages)).join(path.delimiter);
}

/** What the installed tree depends on, by content: a checkout that only touches the files costs nothing. */
function wantedState() {
  const hash = createHash("sha256").update(`${PNPM_VERSION} ${process.platform} ${process.arch}`);
  const manifests = ["packages", "services"].flatMap((folder) => {
    const parent = path.join(root, folder);
    const names = fs.existsSync(parent) ? fs.readdirSync(parent).sort() : [];
    return names.map((name) => path.join(folder, name, "package.json"));
  });
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]) {
    const absolute = path.join(root, file);
    if (fs.existsSync(absolute)) hash.update(`\0${file}\0`).update(fs.readFileSync(absolute));
  }
  return hash.digest("hex");
}

function isInstalled(wanted) {
  if (!fs.existsSync(pinnedNode) || !fs.existsSync(stampFile)) return false;
  return fs.readFileSync(stampFile, "utf8") === wanted;
}

function runNpx(args, env) {
  return spawnSync("npx", ["-y", ...args], {
    cwd: root,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: OUTPUT_BYTES_MAX,
  });
}

function outputOf(result) {
  const text = `${result.stdout || ""}${result.stderr || ""}`.trim();
  return text === "" ? "" : `${text}\n`;
}

function bringPnpm(env) {
  const pnpm = `pnpm@${PNPM_VERSION}`;
  const cached = runNpx(["--offline", pnpm, "--version"], env);
  if (cached.error) {
    throw new BootstrapError(
      "bootstrap/npx-missing",
      `npx does not start (${cached.error.message}); install npm, which comes with Node`,
    );
  }
  if (cached.status === 0) return;
  say(`fetching pnpm ${PNPM_VERSION} (through npx, into npm's cache)`);
  // npm's own patience is over a minute of silence; a machine that is offline should hear so sooner.
  const fetched = runNpx([pnpm, "--version"], {
    npm_config_fetch_retry_mintimeout: "2000",
    npm_config_fetch_retry_maxtimeout: "5000",
    ...env,
  });
  if (fetched.status !== 0) {
    process.stderr.write(outputOf(fetched));
    throw new BootstrapError(
      "bootstrap/pnpm-unavailable",
      `npx could not fetch ${pnpm}; check that npm reaches its registry (npm ping), then repeat the command`,
    );
  }
}

function installDependencies(env) {
  const started = Date.now();
  say("fetching the dependencies and the pinned Node (frozen lockfile, into node_modules)");
  const install = ["install", "--frozen-lockfile", "--reporter=append-only"];
  const result = runNpx([`pnpm@${PNPM_VERSION}`, ...install], env);
  if (result.status !== 0) {
    process.stderr.write(outputOf(result));
    const advice = outputOf(result).includes("ERR_PNPM_OUTDATED_LOCKFILE")
      ? `a package.json changed without its lockfile: run \`npx pnpm@${PNPM_VERSION} install\``
      : "see pnpm's words above; when it was the network, repeat the command: what was fetched is kept";
    throw new BootstrapError("bootstrap/install-failed", advice);
  }
  if (!fs.existsSync(pinnedNode)) {
    throw new BootstrapError(
      "bootstrap/node-missing",
      "pnpm installed everything but the pinned Node; delete node_modules and repeat the command",
    );
  }
  say(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** A lock is dead when its owner is, or when whoever made it never came to writing its process id into it. */
function isLockDead() {
  try {
    const owner = Number(fs.readFileSync(lockFile, "utf8"));
    if (owner === 0) return Date.now() - fs.statSync(lockFile).mtimeMs > LOCK_UNSIGNED_MS_MAX;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function takeLock() {
  fs.mkdirSync(modules, { recursive: true });
  if (fs.existsSync(lockFile) && isLockDead()) fs.rmSync(lockFile, { force: true });
  try {
    fs.writeFileSync(lockFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

async function installWhenNeeded() {
  if (isInstalled(wantedState())) return;
  let waiting = false;
  while (!takeLock()) {
    if (!waiting) say(`another command is installing the dependencies; waiting (${lockFile})`);
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  try {
    const wanted = wantedState();
    if (isInstalled(wanted)) return;
    const env = {
      ...inheritableEnvironment(),
      PATH: machinePath(),
      PNPM_CONFIG_CONFIRM_MODULES_PURGE: "false",
      // pnpm leaves out optional packages (all native ones) that the Node it runs under is too old for.
      PNPM_CONFIG_NODE_VERSION: NODE_PINNED_MIN,
    };
    // The tools are devDependencies; pnpm leaves them out in production mode.
    delete env.NODE_ENV;
    bringPnpm(env);
    installDependencies(env);
    fs.writeFileSync(stampFile, wanted);
  } finally {
    fs.rmSync(lockFile, { force: true });
  }
}

function runEntry(entry, args) {
  const bin = path.join(modules, ".bin");
  const env = inheritableEnvironment();
  env.PATH = `${bin}${path.delimiter}${machinePath()}`;
  // The processes of a network load the same modules: compiled once, each starts in less than half the time.
  // Beside the modules themselves, where nobody else may write.
  env.NODE_COMPILE_CACHE ??= path.join(modules, ".cache", "node");
  const child = spawn(fs.realpathSync(pinnedNode), [entry, ...args], { cwd: root, env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole foreground group: the child has it already.
      const fromTerminal = (signal === "SIGINT" || signal === "SIGQUIT") && process.stdin.isTTY;
      if (!fromTerminal) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    fail(
      new BootstrapError(
        "bootstrap/node-broken",
        `${error.message}; delete node_modules and repeat the command`,
      ),
    );
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(error) {
  const known = error instanceof BootstrapError;
  say(known ? `${error.code}: ${error.message}` : `bootstrap/unexpected: ${error.stack}`);
  process.exit(1);
}

async function main([entry, ...args]) {
  assertNodeVersion();
  if (!entry || !fs.existsSync(path.join(root, entry))) {
    const usage = "call me as: node deploy/bootstrap.mjs <entry.ts>, from the root";
    throw new BootstrapError("bootstrap/no-entry", `${usage}; no file ${entry || "was named"}`);
  }
  await installWhenNeeded();
  runEntry(path.join(root, entry), args);
}

main(process.argv.slice(2)).catch(fail);
