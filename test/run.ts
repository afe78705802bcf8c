import { parseCLI, startVitest, type TestModule } from "vitest/node";
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
  const isWhole = filter.length === 0;
  const vitest = await startVitest(filter, { ...(isWhole ? { reporters: ["default"] } : {}), ...options });
  const modules = vitest.state.getTestModules();
  const inContainers = countInContainers(modules);
  // Arguments may choose none of it; a whole run may not, or the suite would have vanished unnoticed.
  const vanished = suite.kind === "run" && inContainers === 0 && args.length === 0;
  const counts = countTests({
    modules,
    errorsOutsideTests:
      vitest.state.getUnhandledErrors().length + (suite.kind === "missing" || vanished ? 1 : 0),
  });
  await vitest.close();

  const said = {
    run: `ran, ${inContainers} tests`,
    "left-out": "left out",
    missing: "required, but could not run",
  };
  process.stdout.write(`container suite ${said[suite.kind]}: ${suite.reason}\n`);
  if (vanished) process.stdout.write("the container suite has no tests, which is a failure\n");
  if (counts.passed + counts.failed === 0) process.stdout.write("no test ran, which is a failure\n");
  process.stdout.write(`${toSummaryLine(counts)}\n`);
  return isSuccess(counts) ? 0 : 1;
}

function countInContainers(modules: readonly TestModule[]): number {
  const { passed, failed } = countTests({
    modules: modules.filter(({ project }) => project.name === "containers"),
    errorsOutsideTests: 0,
  });
  return passed + failed;
}

process.exitCode = await main(process.argv.slice(2));
