import { homedir } from "node:os";
import path from "node:path";
import type { Violation } from "./layout.ts";
import type { SourceFile } from "./source-tree.ts";

/** Folders that hold many people's work: a path below them is no trace of one machine. */
const SHARED_FOLDERS = ["/", "/tmp", "/home", "/srv", "/opt", "/usr/src", "/var/tmp"];

/** What betrays the machine a file was made on, wherever that is. */
const TRACES: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  {
    pattern: /(?<![\w.~-])\/(home|Users)\/[a-z][\w.-]*\//,
    message: "a person's home folder: use a path relative to the repo",
  },
  {
    pattern:
      /(?<![\w.-])(registry|deb|archive|mirror|mirrors|security|ftp)\.[a-z0-9-]+\.(org|com|net|io|dev)\b/,
    message: "a registry's host: let npm, apt and Docker use the one they are configured with",
  },
  {
    pattern: /https?:\/\/(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|[^\s/"']*(artifactory|nexus|verdaccio))/i,
    message: "a private host",
  },
];

/** The folders of this very checkout and its owner, which no file may name. */
export function toMachineFolders(root: string, home: string = homedir()): readonly string[] {
  const parent = path.dirname(root);
  return [root, home, parent].filter((folder) => !SHARED_FOLDERS.includes(folder));
}

export function findMachineTraces(
  { file, text }: SourceFile,
  folders: readonly string[],
): readonly Violation[] {
  const escaped = folders.map((folder) => folder.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const own = escaped.map((folder) => ({
    pattern: new RegExp(`(?<![\\w.~-])${folder}(?![\\w-])`),
    message: "a folder of this machine: use a path relative to the repo",
  }));
  const traces = [...own, ...TRACES];
  return text.split("\n").flatMap((line, index): readonly Violation[] => {
    const trace = traces.find(({ pattern }) => pattern.test(line));
    return trace === undefined
      ? []
      : [{ rule: "traces/machine", file, line: index + 1, message: trace.message }];
  });
}
