import { createTestLog, type TestLog } from "./log-key.testkit.ts";
import { createRecords } from "./records.testkit.ts";
import { listFiles, SimulatedDisk } from "./simulated-disk.testkit.ts";
import { openWriter } from "./writer.ts";

/** A store in memory, and all that it was made from. */
export interface TestStore {
  readonly disk: SimulatedDisk;
  readonly log: TestLog;
  readonly records: readonly Uint8Array[];
}

/** Appends of these sizes, with a checkpoint before the last one and, if asked, after it. */
export async function createStore(batches: readonly number[], isPublished = false): Promise<TestStore> {
  const [disk, log] = [new SimulatedDisk(), await createTestLog()];
  const records = createRecords(
    0,
    batches.reduce((sum, count) => sum + count, 0),
  );
  const writer = await openWriter(disk, log.policy);
  for (const [nth, count] of batches.entries()) {
    if (nth === batches.length - 1) await writer.publish(await log.sign(writer.head));
    await writer.append(records.slice(writer.head.size, writer.head.size + count));
  }
  if (isPublished) await writer.publish(await log.sign(writer.head));
  await writer.close();
  return { disk, log, records };
}

/** Every file's bytes by its path, as text. */
export async function toContents(disk: SimulatedDisk): Promise<Record<string, string>> {
  const files = await listFiles(disk);
  return Object.fromEntries(files.map((file) => [file, Buffer.from(disk.open(file)).toString("latin1")]));
}
