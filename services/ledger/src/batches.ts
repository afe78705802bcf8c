/** Consecutive parts, each of no more bytes than that; what is larger alone is a part of its own. */
export function splitByBytes(records: readonly Uint8Array[], bytesMax: number): Uint8Array[][] {
  const parts: Uint8Array[][] = [];
  let room = 0;
  for (const record of records) {
    if (record.byteLength > room) {
      parts.push([]);
      room = bytesMax;
    }
    parts.at(-1)?.push(record);
    room -= record.byteLength;
  }
  return parts;
}
