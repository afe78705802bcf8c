import { type EvidenceFigures, measureEvidence } from "./evidence.ts";
import { measureReplay, type ReplayFigures, type ReplayOptions } from "./replay.ts";
import { measureTiles, type TilesFigures } from "./tiles.ts";

/** The parts of `npm run bench -- ledger`, each in a file of its own. */
export interface LedgerFigures {
  readonly tiles: TilesFigures;
  readonly evidence: EvidenceFigures;
  readonly replay: ReplayFigures;
}

/** One after the other: they share the machine's cores and its disk. */
export async function measureLedger(options: ReplayOptions = {}): Promise<LedgerFigures> {
  return {
    tiles: await measureTiles(),
    evidence: await measureEvidence(),
    replay: await measureReplay(options),
  };
}
