import { defineConfig } from "vitest/config";

/**
 * Four projects, run one after the other. All but the first start real servers and processes, whose timeouts
 * would mean nothing if many of them competed for two cores: two files at a time; of those with containers
 * one; and one of those that hold two paces against each other, which another file beside them would bend.
 *
 * Every test by its name, but in `npm test` as a whole, which shows what is slow or fails.
 *
 * The container suite is the integration suite once more, over a broker in a container, plus what only
 * concerns containers. `test/run.ts` asks for it by LEIX_CONTAINERS=required when an engine answers.
 */
const acrossServices = [
  "test/integration/**/*.test.ts",
  "test/attacks/**/*.test.ts",
  "test/faults/**/*.test.ts",
  "test/scenario/**/*.test.ts",
  "test/conformance/**/*.test.ts",
];
const besideTheCode = ["packages/**/*.integration.test.ts", "services/**/*.integration.test.ts"];
const onlyContainers = ["test/containers/**/*.test.ts"];
const onlyAlone = ["test/attacks/resource/backlog.test.ts"];
const never = ["**/node_modules/**"];

const unit = {
  test: {
    name: "unit",
    include: ["packages/**/*.test.ts", "services/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...never, ...acrossServices, ...besideTheCode, ...onlyContainers],
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  },
};

const withProcesses = { testTimeout: 180_000, hookTimeout: 180_000 };

const integration = {
  test: {
    ...withProcesses,
    name: "integration",
    maxWorkers: 2,
    include: [...besideTheCode, ...acrossServices],
    exclude: [...never, ...onlyAlone],
    env: { TEST_BROKER: "process" },
    sequence: { groupOrder: 1 },
  },
};

const alone = {
  test: {
    ...withProcesses,
    name: "alone",
    maxWorkers: 1,
    include: onlyAlone,
    exclude: never,
    env: { TEST_BROKER: "process" },
    sequence: { groupOrder: 2 },
  },
};

const containers = {
  test: {
    ...withProcesses,
    name: "containers",
    maxWorkers: 1,
    include: [...onlyContainers, "test/integration/**/*.test.ts"],
    exclude: never,
    env: { TEST_BROKER: "container" },
    sequence: { groupOrder: 3 },
  },
};

const projects =
  process.env.LEIX_CONTAINERS === "required"
    ? [unit, integration, alone, containers]
    : [unit, integration, alone];

// biome-ignore lint/style/noDefaultExport: the name under which vitest looks for its configuration
export default defineConfig({ test: { projects, passWithNoTests: false, reporters: ["verbose"] } });
