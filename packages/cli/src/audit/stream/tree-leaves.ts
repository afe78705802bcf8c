import type { StoreReader } from "@leix/ledger-store";
import { invariant } from "@leix/protocol";
import { type HashReader, listTileNodes, TILE_WIDTH, toTileWidth } from "@leix/tlog";

/** The leaf hashes of a store's tree, proven from the root a tile at a time. Best asked for in order. */
export class TreeLeaves {
  readonly #reader: StoreReader;
  #tile = -1;
  #read: HashReader = () => undefined;

  constructor(reader: StoreReader) {
    this.#reader = reader;
  }

  /** Throws the `tlog/` codes of a tree that cannot be read. */
  async at(index: number): Promise<Uint8Array> {
    const tile = Math.floor(index / TILE_WIDTH);
    if (tile !== this.#tile) {
      const width = toTileWidth(0, tile, this.#reader.head.size);
      this.#read = await this.#reader.loadHashes(
        listTileNodes({ kind: "hashes", level: 0, index: tile, width }),
      );
      this.#tile = tile;
    }
    const hash = this.#read({ level: 0, index });
    invariant(hash, "a tile that was read has its leaves");
    return hash;
  }
}
