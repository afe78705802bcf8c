import { parseCLI, startVitest } from "vitest/node";
import { findContainerSuite, NATS_IMAGE_DEFAULT, parseContainerWish } from "./run/container-engine.ts";
import { countTests, isSuccess, toSummaryLine } from "./run/test-counts.ts";

/**
 * `npm test`: every test this machine can run. Arguments go to vitest (`npm test -- packages/principles`).
 * The last line is the count; the exit code is 0 only when something ran and nothing failed.
 */
async function main(args: readonly string[]): Promise<number> {
  const wish = parseContainerWish(process.env.LEIX_CONTAINERS, Boolean(process.env.CI));
  const natsImage = process.env.LEIX_NATS_IMAGE || NATS_IMAGE_DEFAULT;
  const suite = await findContainerSuite(wish, natsImage);
  // What vitest.config.ts and the tests read, in this process and in vitest's workers.
  process.env.LEIX_NATS_IMAGE = natsImage;
  process.env.LEIX_CONTAINERS = suite.kind === "run" ? "required" : "off";

  const { filter, options } = parseCLI(["vitest", "run", ...args]);
  const vitest = await startVitest(filter, options);
  const counts = countTests({
    modules: vitest.state.getTestModules(),
    errorsOutsideTests: vitest.state.getUnhandledErrors().length + (suite.kind === "missing" ? 1 : 0),
  });
  await vitest.close();

  const said = { run: "ran", "left-out": "left out", missing: "required, but could not run" }[suite.kind];
  const nothing = counts.passed + counts.failed === 0 ? "no test ran, which is a failure\n" : "";
  process.stdout.write(`container suite ${said}: ${suite.reason}\n${nothing}${toSummaryLine(counts)}\n`);
  return isSuccess(counts) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
