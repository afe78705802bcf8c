#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=30
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// A replay of millions of records makes garbage faster than Node's own settings collect it: with the flags
// above it stays small (test/bench/ledger), at a few percent more CPU.

// Reading the program is most of what a short command takes. What is kept of it lies beside the program's own
// dependencies: whoever may write there may change the program itself. Where that is nobody who runs it,
// nothing is kept.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/leix", import.meta.url)));

// Whoever reads has seen enough, as `head` has: no failure, and nothing to say.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const { runProgram } = await import("./program.ts");
await runProgram(process.argv.slice(2));
