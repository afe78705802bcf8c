export {
  type Collected,
  type Collector,
  createCollector,
  type Wanted,
} from "./collector.ts";
export { Completeness, encodeCompleteness, parseCompleteness } from "./completeness/completeness.ts";
export {
  type CompletenessCollector,
  createCompletenessCollector,
  type HeldMessage,
} from "./completeness/completeness-collector.ts";
export { type CompletenessProof, verifyCompleteness } from "./completeness/verify-completeness.ts";
export { Evidence, encodeEvidence, parseEvidence } from "./evidence.ts";
export { createEvidenceBody } from "./evidence-body.ts";
export { EvidenceError } from "./evidence-error.ts";
export type { Finding } from "./finding.ts";
export { makeEvidence } from "./make-evidence.ts";
export {
  type EvidenceTrust,
  type Failure,
  type Proof,
  type Verification,
  type VerifyOptions,
  verifyEvidence,
} from "./verify-evidence.ts";
