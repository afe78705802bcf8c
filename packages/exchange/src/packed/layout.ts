// JSON-like values as bytes, for what is kept by the hundred thousand. Each begins with one byte:
//
//   0  undefined   3  true                               6  text n of the dictionary: n
//   1  null        4  a whole number from 0: itself      7  any other text: length, its UTF-16 units
//   2  false       5  any other number: 8 bytes          8  a UUID: 16 bytes
//   9  a digest: 32 bytes                               11  an array: length, values
//  10  two texts with "/" between, the second a UUID    12  an object: n of its shape, values
//
//   32 + n, n < 32   an array of n values
//   64 + n, n < 64   the UUID or digest that was the n-th of this entry
//  128 + n, n < 128  text n of the dictionary
//
// Lengths, numbers n and UTF-16 units are LEB128: 7 bits a byte, the lowest first. The dictionary has what
// comes again and again: the names of agencies, kinds and keys; a shape is the names of an object's members.

/** First bytes. */
export const TAGS = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  whole: 4,
  number: 5,
  known: 6,
  text: 7,
  uuid: 8,
  digest: 9,
  pair: 10,
  array: 11,
  object: 12,
} as const;

/** First bytes that hold a number too: from the first of them, so many. */
export const SHORT = {
  array: { first: 32, count: 32 },
  said: { first: 64, count: 64 },
  known: { first: 128, count: 128 },
} as const;

/** Of a number that is not whole: big-endian, IEEE 754. */
export const NUMBER_BYTES = 8;
