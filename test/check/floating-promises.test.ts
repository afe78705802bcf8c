import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FloatingPromise, findFloatingPromises } from "./floating-promises.ts";

const root = path.resolve(import.meta.dirname, "../..");

const floating = [
  "readFile('a');",
  "const file = await open('a'); file.sync();",
  "go();",
  "true && readFile('a');",
  "(process.pid > 1 ? readFile('a') : 0);",
  "readFile('a').then(() => {});",
  "readFile('a').finally(() => {});",
  "[1].forEach(() => { readFile('a'); });",
];

const settled = [
  "await readFile('a');",
  "void readFile('a');",
  "readFile('a').catch(() => {});",
  "readFile('a').then(() => {}, () => {});",
  "readFile('a').catch(() => {}).finally(() => {});",
  "const later = readFile('a'); await later;",
  "process.stdout.write('a');",
];

let folder: string;
let found: readonly FloatingPromise[];

/** All samples are one program, one file each, since starting the compiler is the dear part. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "leix-floating-"));
  const config = {
    extends: path.join(root, "tsconfig.base.json"),
    compilerOptions: { types: ["node"], typeRoots: [path.join(root, "node_modules/@types")] },
    include: ["*.ts"],
  };
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(config));
  for (const [index, body] of [...floating, ...settled].entries()) {
    const source = `import { open, readFile } from "node:fs/promises";
      export async function sample(go: () => void | Promise<void>): Promise<void> {${body}}`;
    await writeFile(path.join(folder, `${index}.ts`), source);
  }
  found = findFloatingPromises(path.join(folder, "tsconfig.json"));
});

afterAll(() => rm(folder, { recursive: true }));

function foundIn(index: number): readonly FloatingPromise[] {
  return found.filter(({ file }) => path.basename(file) === `${index}.ts`);
}

test.each(floating.map((body, index) => [body, index] as const))("found: %s", (_, index) => {
  expect(foundIn(index)).toMatchObject([{ line: 2 }]);
});

test.each(settled.map((body, index) => [body, floating.length + index] as const))(
  "passes: %s",
  (_, index) => {
    expect(foundIn(index)).toEqual([]);
  },
);
