import type { Disk } from "../disk.ts";
import type { FilePlacer } from "../file-placer.ts";
import type { RepairSource } from "./resolution.ts";

/** The store that is repaired. */
export interface Workshop {
  readonly disk: Disk;
  readonly placer: FilePlacer;
  readonly source: RepairSource;
}
