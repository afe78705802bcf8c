import { parentPort } from "node:worker_threads";

// A thread that ends at its second batch: without a word, or with an error where the batch is odd.

let jobs = 0;
parentPort?.on("message", ({ ends }: { readonly ends: Uint32Array }) => {
  jobs++;
  if (jobs < 2) return;
  if (ends.length % 2 === 1) throw new Error("out of memory");
  parentPort?.close();
});
