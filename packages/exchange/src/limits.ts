import { limits } from "@leix/protocol";

const DAY = 86_400;

/**
 * How long anything is remembered at the least. What is sent again later than this is too old by its own iat
 * and id (`claims/too-old`), so that nothing is recorded a second time because the first was forgotten. So
 * long, too, what is past its deleteBy can still be told from what never was.
 */
export const REMEMBERED_SECONDS = limits.MESSAGE_AGE_SECONDS_MAX + limits.CLOCK_SKEW_SECONDS_MAX;

/** What states no deleteBy is kept three years, the leap day included: modelled on ER 31(2), as P31 is. */
export const RETENTION_SECONDS = 1_096 * DAY;

/**
 * How long after an overdue duty other records may still come before its event. The clock ticks far more
 * often: what is left is room for a broker that does not answer and for a service that is started again. An
 * outage needs none, for nothing is recorded in it.
 */
export const OVERDUE_GRACE_SECONDS = 3_600;

/** What leaves the state with one record, so that none waits long for what leaves before it. */
export const LEAVING_PER_RECORD_MAX = 256;

/** What one party can owe because of one message; what is laid on it beyond has no effect. */
export const DUTIES_PER_MESSAGE_MAX = 64;

/** Open requests of one country in one case among which a duplicate is looked for, the first of them. */
export const CASE_REQUESTS_MAX = 256;

/** Messages derived from one that are looked at for who holds them. A decision can tell far fewer parties. */
export const DERIVED_MAX = 4_096;

/**
 * Summaries of one account whose inputs are still known when they come again. What the broker gives again
 * after a crash comes within minutes, and one account has no more than a summary a minute.
 */
export const FLOODS_REMEMBERED_MAX = 60;
