import { decodeBase64url } from "./bytes.ts";
import type { PublicJwk } from "./keys.ts";

/** SEC 2 section 2.4.2, secp256r1: y^2 = x^3 - 3x + b. */
const P256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
/** RFC 7748 section 4.1: v^2 = u^3 + Au^2 + u, and the same curve in Edwards form, RFC 8032 section 5.1. */
const P25519 = 2n ** 255n - 19n;
const A25519 = 486_662n;

/**
 * Is this public key a point of its curve, spelled in its one way, and not of small order? Importing a key
 * does not ask that of the 25519 curves. Under a point of small order anyone can sign, to verifiers that do
 * not ask either, and everyone agrees on the same secret.
 */
export function isUsablePoint(jwk: PublicJwk): boolean {
  const x = decodeBase64url(jwk.x);
  if (!x) return false;
  switch (jwk.crv) {
    case "P-256": {
      const y = decodeBase64url(jwk.y);
      return y !== null && isOnP256(toInteger(x), toInteger(y));
    }
    case "Ed25519": {
      const y = toInteger(x.toReversed()) & (2n ** 255n - 1n);
      return y < P25519 && isOnEd25519(y) && !isSmallOrder(1n + y, 1n - y);
    }
    case "X25519": {
      const u = toInteger(x.toReversed());
      return u < P25519 && !isSmallOrder(u, 1n);
    }
  }
}

function isOnP256(x: bigint, y: bigint): boolean {
  return x < P256 && y < P256 && (y * y - (x * x * x - 3n * x + P256_B)) % P256 === 0n;
}

/**
 * Has -x^2 + y^2 = 1 + dx^2y^2 (d = -121665/121666) a solution x? Without dividing: Euler's criterion of the
 * product.
 */
function isOnEd25519(y: bigint): boolean {
  const square = 121_666n * (y * y - 1n) * (121_666n - 121_665n * y * y);
  const symbol = toPower(modulo(square), (P25519 - 1n) / 2n);
  return symbol === 0n || symbol === 1n;
}

/**
 * Three doublings of u = X/Z reach infinity (Z = 0) for exactly the points whose order divides 8, on curve
 * and twist.
 */
function isSmallOrder(X: bigint, Z: bigint): boolean {
  let [x, z] = [modulo(X), modulo(Z)];
  for (let doubling = 0; doubling < 3; doubling++) {
    const [xx, zz, xz] = [x * x, z * z, x * z];
    [x, z] = [modulo((xx - zz) ** 2n), modulo(4n * xz * (xx + A25519 * xz + zz))];
  }
  return z === 0n;
}

function toPower(base: bigint, exponent: bigint): bigint {
  let [result, square, rest] = [1n, base, exponent];
  for (; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

function modulo(value: bigint): bigint {
  return ((value % P25519) + P25519) % P25519;
}

/** Big-endian. */
function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
}
