import type { Finding } from "@leix/evidence";
import { AgencyId, Digest, KeyId } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { toFindingText } from "./finding-text.ts";

const AT = 1_800_000_000;
const kid = KeyId.parse("A".repeat(43));
const policySet = Digest.parse("A".repeat(43));
const [spoc, fiu] = ["RS-SPOC", "RS-FIU"].map((id) => AgencyId.parse(id));
const customs = AgencyId.parse("AL-CUSTOMS");
if (!spoc || !fiu) throw new Error("they are agencies");

const permitted = {
  ...{ agency: fiu, as: "to", effect: "permit", reasons: [], determining: ["base"] },
  obligations: [{ rule: "P08", duty: "answer", party: fiu, due: AT }],
} as const;
const denied = {
  ...{
    agency: spoc,
    as: "copy",
    effect: "deny",
    reasons: ["withheld"],
    determining: ["P32"],
    obligations: [],
  },
} as const;
const silent = { ...denied, as: "to", reasons: [], determining: [] } as const;

const FINDINGS: readonly (readonly [string, Finding])[] = [
  [
    "AL-CUSTOMS signed this message, of the kind request, to RS-FIU, with copies to RS-SPOC, dated " +
      `2027-01-15 08:00 UTC. Its key ${kid} was registered for it by AL (record 5) and was valid.`,
    {
      ...{ kind: "proven", what: "message-signed", agency: customs, kid, messageKind: "request", iat: AT },
      ...{ registered: { index: 5, by: "AL" as never }, to: [fiu], copies: [spoc] },
    },
  ],
  [
    "It was recorded as record 7 of the ledger. By the exchange's clocks it was received on 2027-01-15 " +
      "08:00 UTC and decided on 2027-01-15 08:00 UTC.",
    { kind: "proven", what: "message-recorded", index: 7, received: AT, at: AT },
  ],
  [
    'The exchange decided: partly-permitted. Permitted for RS-FIU; RS-FIU owes "answer" by P08 until ' +
      "2027-01-15 08:00 UTC. Denied for RS-SPOC (a copy) by P32; the sender was told: withheld. Denied for " +
      "RS-SPOC, for nothing permitted it; the sender was told: nothing.",
    {
      ...{ kind: "proven", what: "decided", outcome: "partly-permitted" },
      recipients: [permitted as never, denied as never, silent as never],
    },
  ],
  [
    "The rules in force, on the facts that the decision names, give exactly this outcome. They are version " +
      "2 of the policy set (38 files), signed by AL, RS.",
    {
      ...{ kind: "proven", what: "rules-applied", policySet, version: 2, files: 38 },
      signedBy: ["AL", "RS"] as never,
    },
  ],
  [
    "All 50 records shown are in one ledger: test.example/ledger signed its checkpoint of 90 records with " +
      `the key ${kid}.`,
    {
      ...{ kind: "proven", what: "in-ledger", records: 50, size: 90, root: "", kid },
      origin: "test.example/ledger",
    },
  ],
  [
    "1 witness cosigned that checkpoint: RS-FIU on 2027-01-15 08:00 UTC. The exchange asks for 2.",
    { kind: "proven", what: "witnessed", quorum: 2, witnesses: [{ agency: fiu, at: AT }] },
  ],
  [
    "RS-FIU acknowledged the message as received: record 8, 2027-01-15 08:00 UTC.",
    { kind: "proven", what: "acknowledged", agency: fiu, status: "received", index: 8, at: AT },
  ],
  [
    "The encrypted body in this file is the one that was sent (107 bytes).",
    { kind: "proven", what: "body-sent", bytes: 107, reader: kid },
  ],
  [
    "The text, opened with the reader's key, is the one that the sender committed itself to.",
    { kind: "proven", what: "body-opened", bytes: 107 },
  ],
  ["The message has no body: what was signed is all of it.", { kind: "proven", what: "no-body" }],
  [
    "That it reached RS-FIU, RS-SPOC. The file holds no acknowledgement of these agencies.",
    { kind: "not-proven", what: "delivery", agencies: [fiu, spoc] },
  ],
  [
    "That everybody was shown the same ledger. Only 1 of the 2 that the exchange asks for cosigned the " +
      "checkpoint. Compare it with one that somebody else holds.",
    { kind: "not-proven", what: "single-history", witnesses: 1, quorum: 2 },
  ],
  [
    "That everybody was shown the same ledger. No witness cosigned the checkpoint. Compare it with one " +
      "that somebody else holds.",
    { kind: "not-proven", what: "single-history", witnesses: 0, quorum: 0 },
  ],
  [
    "That the rules give this outcome. The decision was made by decider 9 with Cedar 5.0.0, which this " +
      "program does not have.",
    { kind: "not-proven", what: "rules-applied", step: "9", cedar: "5.0.0" },
  ],
  [
    "When terms end. The decision counted with the time-zone data 2026a; with those of this computer the " +
      "dates are others.",
    { kind: "not-proven", what: "due-times", tz: "2026a" },
  ],
];

describe("a finding in sentences", () => {
  test.each(FINDINGS)("%s", (text, finding) => {
    expect(toFindingText(finding)).toBe(text);
  });

  const OTHERS: readonly Finding[] = [
    { kind: "not-proven", what: "newest-statements" },
    { kind: "not-proven", what: "facts" },
    { kind: "not-proven", what: "person" },
    { kind: "not-proven", what: "body-absent" },
    { kind: "not-proven", what: "body-text", reader: kid },
  ];
  test.each(OTHERS)("$what: what is not proven, and what would prove it", (finding) => {
    expect(toFindingText(finding)).toMatch(/^(That|Which|What) .*\.$/);
  });
});
