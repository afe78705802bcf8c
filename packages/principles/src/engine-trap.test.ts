import { LeixError } from "@leix/protocol";
import { expect, test, vi } from "vitest";
import { toDelivery } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import { createEngine, parsePolicies, parseSchema } from "./engine.ts";
import { toFacts } from "./facts.ts";

/**
 * A file of its own, since a trap leaves Cedar's WebAssembly instance damaged for whoever comes next. Here
 * the engine is called past `checkPolicyFile`, which lets no such text through.
 */

vi.setConfig({ testTimeout: 60_000 });

const base = { id: "base", text: "permit (principal, action, resource);" };
const facts = toFacts(toDelivery(loadCase("P17-forward-with-consent.permit")));
const chain = `context.domestic${" && context.domestic".repeat(2000)}`;

function toThrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** In the order in which they hurt: what is thrown where a call does not come back, and what an answer is. */
test("a call that does not come back is fatal: never an answer, a denial or a refusal", () => {
  const engine = createEngine("whole", [base]);
  const toJSON = () => {
    throw new Error("unreadable");
  };
  const unreadable = Object.defineProperty({ ...facts }, "toJSON", { value: toJSON, enumerable: false });
  expect(engine.ask("notification", facts).permitted).toBe(true);
  const nested = `forbid (principal, action, resource) when { ${"(".repeat(200)}true${")".repeat(200)} };`;
  const deep = `type Deep = ${"{a: ".repeat(2000)}Bool${"}".repeat(2000)};`;
  const long = { id: "P99", text: `permit (principal, action, resource) when { ${chain} };` };
  const calls = [
    () => engine.ask("notification", unreadable),
    () => createEngine("long", [long]).ask("notification", { ...facts, domestic: true }),
    () => parsePolicies("P99.cedar", nested),
    () => parseSchema(`${loadFiles().find(({ name }) => name === "schema.cedarschema")?.content}${deep}`),
  ];
  for (const run of calls) {
    const thrown = toThrown(run);
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown).not.toBeInstanceOf(LeixError);
    expect((thrown as Error).cause).toBeInstanceOf(Error);
  }
});
