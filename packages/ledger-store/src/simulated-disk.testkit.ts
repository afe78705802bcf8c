import { LeixError } from "@leix/protocol";
import type { Disk, DiskName } from "./disk.ts";
import { toFolder, toPath } from "./layout.ts";

/** Bytes as they are read, and as they would be after a loss of power. */
interface FileNode {
  readonly kind: "file";
  bytes: Uint8Array;
  durable: Uint8Array;
}

/** Names likewise. */
interface FolderNode {
  readonly kind: "folder";
  names: Map<string, FileNode | FolderNode>;
  durable: Map<string, FileNode | FolderNode>;
}

/** What happens at the write point that was chosen. */
export type Fault = "stop" | "fail" | "fail-late";

export interface SimulatedDiskOptions {
  /** Writes that are under way together take effect in an order that depends on it. */
  readonly seed?: number;
  /** Counted from 0, over everything that writes. */
  readonly faultAt?: number;
  /** `stop`: from there on nothing happens. `fail`: that write does not. `fail-late`: it does, and fails. */
  readonly fault?: Fault;
}

/** A disk in memory that keeps only what was synced (`loseUnsynced`), and fails where it is told to. */
export class SimulatedDisk implements Disk {
  readonly #root: FolderNode;
  readonly #random: () => number;
  readonly #options: SimulatedDiskOptions;
  /** How many writes there were. */
  writes = 0;
  #isStopped = false;

  constructor(options: SimulatedDiskOptions = {}, root = createFolder()) {
    this.#options = options;
    this.#root = root;
    this.#random = createRandom(options.seed ?? 0);
  }

  /** Another disk with what is on this one. */
  copy(options: SimulatedDiskOptions = {}): SimulatedDisk {
    return new SimulatedDisk(
      options,
      settle(this.#root, () => "now"),
    );
  }

  /** The same disk for another process; what this one has not synced still is not. */
  restart(options: SimulatedDiskOptions = {}): SimulatedDisk {
    return new SimulatedDisk(options, this.#root);
  }

  /** What a loss of power leaves: of what was not synced, anything. */
  loseUnsynced(options: SimulatedDiskOptions = {}): SimulatedDisk {
    return new SimulatedDisk(
      options,
      settle(this.#root, () => (this.#random() < 0.5 ? "now" : "durable")),
    );
  }

  /** A file's bytes, which may be changed. */
  open(path: string): Uint8Array {
    const node = this.#find(path);
    if (node?.kind !== "file") throw new Error(`no file ${path}`);
    return node.bytes;
  }

  async read(path: string, begin = 0, end?: number): Promise<Uint8Array | null> {
    const node = this.#find(path);
    return node?.kind === "file" ? node.bytes.slice(begin, end) : null;
  }

  async size(path: string): Promise<number | null> {
    const node = this.#find(path);
    return node?.kind === "file" ? node.bytes.byteLength : null;
  }

  async list(folder: string): Promise<readonly DiskName[] | null> {
    const node = this.#find(folder);
    return node?.kind === "folder" ? [...node.names].map(([name, { kind }]) => ({ name, kind })) : null;
  }

  makeFolder(path: string): Promise<void> {
    return this.#write("make", path, () => {
      const { folder, name } = this.#place(path);
      if (!folder.names.has(name)) folder.names.set(name, createFolder());
    });
  }

  create(path: string): Promise<void> {
    return this.#write("create", path, () => {
      const { folder, name } = this.#place(path);
      if (!folder.names.has(name)) folder.names.set(name, createFile());
    });
  }

  async write(path: string, parts: readonly Uint8Array[], at: number): Promise<void> {
    const bytes = Buffer.concat(parts);
    await this.#change("write", path, (before) => {
      const after = new Uint8Array(Math.max(before.byteLength, at + bytes.byteLength));
      after.set(before);
      after.set(bytes, at);
      return after;
    });
  }

  async truncate(path: string, size: number): Promise<void> {
    if (!this.#find(path)) throw new Error(`no file ${path} to cut`);
    await this.#change("cut", path, (before) => before.slice(0, size));
  }

  syncFolder(path: string): Promise<void> {
    return this.#write("sync", path, () => {
      const node = this.#find(path);
      if (node?.kind !== "folder") throw new Error(`no folder ${path} to sync`);
      node.durable = new Map(node.names);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#write("rename", to, () => {
      const [source, target] = [this.#place(from), this.#place(to)];
      const node = source.folder.names.get(source.name);
      if (!node) throw new Error(`no file ${from} to rename`);
      source.folder.names.delete(source.name);
      target.folder.names.set(target.name, node);
    });
  }

  remove(path: string): Promise<void> {
    return this.#write("remove", path, () => {
      const node = this.#find(path);
      if (!node) return;
      if (node.kind === "folder" && node.names.size > 0) throw new Error(`${path} is not empty`);
      const { folder, name } = this.#place(path);
      folder.names.delete(name);
    });
  }

  /** Changes a file's bytes, and then makes them durable: power may be lost in between. */
  async #change(what: string, path: string, change: (before: Uint8Array) => Uint8Array): Promise<void> {
    let changed: FileNode | undefined;
    await this.#write(what, path, () => {
      const { folder, name } = this.#place(path);
      const node = folder.names.get(name) ?? createFile();
      if (node.kind !== "file") throw new Error(`${path} is no file`);
      folder.names.set(name, node);
      node.bytes = change(node.bytes);
      changed = node;
    });
    await this.#write(`${what} sync`, path, () => {
      if (changed) changed.durable = changed.bytes;
    });
  }

  async #write(what: string, path: string, work: () => void): Promise<void> {
    // Mostly at once, sometimes long after others that began later.
    for (let turns = this.#random() ** 4 * 60; turns > 0; turns--) await Promise.resolve();
    const { faultAt, fault = "stop" } = this.#options;
    const isFaulty = this.writes === faultAt;
    this.writes++;
    if (isFaulty && fault === "stop") this.#isStopped = true;
    if (!this.#isStopped && !(isFaulty && fault === "fail")) work();
    if (this.#isStopped || isFaulty) throw new LeixError("ledger/store-failed", `${what} ${path}`);
  }

  #find(path: string): FileNode | FolderNode | undefined {
    if (path === "") return this.#root;
    const folder = this.#find(toFolder(path));
    return folder?.kind === "folder" ? folder.names.get(path.slice(path.lastIndexOf("/") + 1)) : undefined;
  }

  #place(path: string): { folder: FolderNode; name: string } {
    const folder = this.#find(toFolder(path));
    if (folder?.kind !== "folder") throw new Error(`no folder around ${path}`);
    return { folder, name: path.slice(path.lastIndexOf("/") + 1) };
  }
}

/** Every file's path, in order. */
export async function listFiles(disk: Disk, folder = ""): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, kind } of (await disk.list(folder)) ?? []) {
    const path = toPath(folder, name);
    paths.push(...(kind === "folder" ? await listFiles(disk, path) : [path]));
  }
  return paths.toSorted();
}

/** mulberry32: numbers from 0 to 1 that depend on the seed alone. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createFile(): FileNode {
  return { kind: "file", bytes: new Uint8Array(), durable: new Uint8Array() };
}

function createFolder(): FolderNode {
  return { kind: "folder", names: new Map(), durable: new Map() };
}

type Choose = () => "now" | "durable";

/** A copy in which each name, and each block of a file, is as it is now or as it was last synced. */
function settle(folder: FolderNode, choose: Choose): FolderNode {
  const settled = createFolder();
  for (const name of new Set([...folder.durable.keys(), ...folder.names.keys()])) {
    const node = choose() === "now" ? folder.names.get(name) : folder.durable.get(name);
    if (node)
      settled.names.set(name, node.kind === "folder" ? settle(node, choose) : settleFile(node, choose));
  }
  settled.durable = new Map(settled.names);
  return settled;
}

const SECTOR_BYTES = 512;

function settleFile({ bytes: now, durable }: FileNode, choose: Choose): FileNode {
  const length = choose() === "now" ? now.byteLength : durable.byteLength;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += SECTOR_BYTES) {
    const from = choose() === "now" ? now : durable;
    bytes.set(from.subarray(at, Math.min(at + SECTOR_BYTES, length)), at);
  }
  return { kind: "file", bytes, durable: bytes };
}
