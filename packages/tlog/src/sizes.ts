import { LeixError } from "@leix/protocol";

/**
 * Arithmetic of tree sizes and indexes. They are whole numbers up to 2 ** 53 - 1, all of which a number holds
 * exactly; JavaScript's bit operators know only 32 bits, so none is used on them. Dividing by a power of two
 * and multiplying by one lose nothing.
 */

/** Throws `tlog/size` for what is not a whole number from 0 to 2 ** 53 - 1. */
export function verifySize(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new LeixError("tlog/size", what);
}

/** Throws `tlog/size` for an index that is not below the size. */
export function verifyIndex(index: number, size: number): void {
  verifySize(size, "tree size");
  verifySize(index, "leaf index");
  if (index >= size) throw new LeixError("tlog/size", `leaf ${index} of ${size}`);
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** ASCII decimal without leading zeroes, as every specification here writes sizes. Null for all else. */
export function decodeSize(text: string): number | null {
  const value = Number(text);
  return DECIMAL.test(text) && Number.isSafeInteger(value) ? value : null;
}

export function isOdd(value: number): boolean {
  return value % 2 === 1;
}

export function toHalf(value: number): number {
  return Math.floor(value / 2);
}

/** How many binary digits: 0 for 0, 1 for 1, 2 for 2 and 3. */
export function toBitLength(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(value);
}

/** How often a number above 0 can be halved. */
export function countTrailingZeros(value: number): number {
  const low = value % 2 ** 32;
  // The lowest bit that is set, alone, in whichever half has it.
  if (low !== 0) return 31 - Math.clz32(low & -low);
  return 32 + countTrailingZeros(Math.floor(value / 2 ** 32));
}

export function isPowerOfTwo(value: number): boolean {
  return toBitLength(value - 1) < toBitLength(value);
}

/** RFC 6962 section 2.1: "the largest power of two smaller than n", for n of 2 or more. */
export function toSplit(value: number): number {
  return 2 ** (toBitLength(value - 1) - 1);
}
