import type { Explanation } from "../explain.ts";
import { EXCHANGE_TEXTS } from "./exchange.ts";
import { MATERIAL_TEXTS } from "./material.ts";
import { PARTIES_TEXTS } from "./parties.ts";
import { QUALITY_TEXTS } from "./quality.ts";
import { REQUESTS_TEXTS } from "./requests.ts";
import { THREADS_TEXTS } from "./threads.ts";

/** What each reason says to an officer: what is wrong, and what would let the message pass. */
export const ENGLISH: Readonly<Record<string, Explanation>> = {
  ...PARTIES_TEXTS,
  ...REQUESTS_TEXTS,
  ...THREADS_TEXTS,
  ...MATERIAL_TEXTS,
  ...QUALITY_TEXTS,
  ...EXCHANGE_TEXTS,
};
