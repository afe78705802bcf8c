import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Where a person types: the keyboard, and the screen that shows the question. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

const STANDARD: Terminal = { input: process.stdin, output: process.stderr };

export function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** One line that is not shown while it is typed. Empty where the person gives up (Ctrl-C, Ctrl-D). */
export async function askSecret(question: string, terminal: Terminal = STANDARD): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal it reads key by key, and echoes to its own output only.
  const lines = createInterface({ input: terminal.input, output: silent, terminal: true, historySize: 0 });
  // Only now: from here on the terminal shows nothing by itself.
  terminal.output.write(question);
  try {
    return await new Promise((resolve) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => resolve(""));
      lines.once("close", () => resolve(""));
    });
  } finally {
    lines.close();
    terminal.output.write("\n");
  }
}
