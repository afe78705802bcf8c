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

const registered = { index: 5, by: "AL" } as never;
const byAnchor = { index: 2, by: "anchor" } as never;

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
    `The key ${kid} signed this message, of the kind request, to RS-FIU, with copies to RS-SPOC, dated ` +
      "2027-01-15 08:00 UTC by its sender. It is a key of AL-CUSTOMS: AL registered it in record 5. It was " +
      "valid, and the agency active, when the message was recorded.",
    {
      ...{ kind: "proven", what: "message-signed", agency: customs, kid, messageKind: "request", iat: AT },
      ...{ registered, to: [fiu], copies: [spoc] },
    },
  ],
  [
    "It is record 7 of the ledger. The policy service says that it was received on 2027-01-15 08:00 UTC " +
      "and decided on 2027-01-15 08:00 UTC.",
    { kind: "proven", what: "message-recorded", index: 7, received: AT, at: AT },
  ],
  [
    'The policy service decided: partly-permitted. Permitted for RS-FIU; RS-FIU owes "answer" by P08 until ' +
      "2027-01-15 08:00 UTC. Denied for RS-SPOC (a copy) by P32; the reason for the sender: withheld. " +
      `Denied for RS-SPOC, for nothing permitted it; the reason for the sender: none. It signed ` +
      `this with the key ${kid}: anchor registered it in record 2.`,
    {
      ...{ kind: "proven", what: "decided", outcome: "partly-permitted", kid, registered: byAnchor },
      recipients: [permitted as never, denied as never, silent as never],
    },
  ],
  [
    "The rules in force, on the facts that the decision names, give exactly this outcome with these " +
      "reasons and duties. They are version 2 of the policy set (38 files), signed by the authorities of " +
      "AL, RS.",
    {
      ...{ kind: "proven", what: "rules-applied", policySet, version: 2, files: 38 },
      signedBy: ["AL", "RS"] as never,
    },
  ],
  [
    "All 50 records shown are in one ledger: test.example/ledger signed its checkpoint of 90 records with " +
      `the key ${kid}: anchor registered it in record 2.`,
    {
      ...{ kind: "proven", what: "in-ledger", records: 50, size: 90, root: "", kid, registered: byAnchor },
      origin: "test.example/ledger",
    },
  ],
  [
    `1 witness cosigned that checkpoint: RS-FIU on 2027-01-15 08:00 UTC by its own clock, with the key ` +
      `${kid} (AL registered it in record 5). They speak for 0 of the 2 countries asked for.`,
    {
      ...{ kind: "proven", what: "witnessed", quorum: 2, countries: 0 },
      witnesses: [{ agency: fiu, at: AT, kid, registered }],
    },
  ],
  [
    `1 witness cosigned that checkpoint: RS-SPOC on 2027-01-15 08:00 UTC by its own clock, with the key ` +
      `${kid} (AL registered it in record 5).`,
    {
      ...{ kind: "proven", what: "witnessed", quorum: 0, countries: 1 },
      witnesses: [{ agency: spoc, at: AT, kid, registered }],
    },
  ],
  [
    "RS-FIU acknowledged the message as received: record 8, 2027-01-15 08:00 UTC, signed with the key " +
      `${kid}: AL registered it in record 5. A program can have signed this without anyone reading it.`,
    {
      ...{ kind: "proven", what: "acknowledged", agency: fiu, status: "received", index: 8, at: AT },
      ...{ kid, registered },
    },
  ],
  [
    `Every key named here leads to the anchor's key ${kid}, which you named as trusted and which signed ` +
      "record 0. It registered the keys by which the 45 statements shown were signed and recorded: policy " +
      `${kid} (record 0), AL ${kid} (record 2).`,
    {
      ...{ kind: "proven", what: "statements-signed", statements: 45 },
      signers: [
        { party: "anchor", kid, registered: { index: 0, by: "anchor" } },
        { party: "policy", kid, registered: { index: 0, by: "anchor" } },
        { party: "AL", kid, registered: byAnchor },
        { party: "AL-SPOC", kid, registered },
      ] as never,
    },
  ],
  [
    `By record 3, before the message, RS was suspended. By record 9, after the message, the key ${kid} of ` +
      "AL-SPOC was withdrawn. What had been signed until then stays signed.",
    {
      ...{ kind: "proven", what: "ended-since", message: 7 },
      ended: [
        { party: "RS", kid, how: "suspended", index: 3 },
        { party: "AL-SPOC", kid, how: "key-withdrawn", index: 9 },
      ] as never,
    },
  ],
  [
    `The encrypted body in this file is the one that the sender's signature covers (107 bytes). Its key ` +
      `was wrapped for the key ${kid} afterwards.`,
    { kind: "proven", what: "body-sent", bytes: 107, reader: kid },
  ],
  [
    "The text, opened with the reader's key, is the one that the sender committed itself to.",
    { kind: "proven", what: "body-opened", bytes: 107 },
  ],
  ["The message has no body: what was signed is all of it.", { kind: "proven", what: "no-body" }],
  [
    "That the message could be used where it arrived. RS-FIU says that it was undecryptable.",
    { kind: "not-proven", what: "usable", reports: [{ agency: fiu, status: "undecryptable" }] },
  ],
  [
    "That it reached RS-FIU, RS-SPOC. The file holds no acknowledgement of these agencies.",
    { kind: "not-proven", what: "delivery", agencies: [fiu, spoc] },
  ],
  [
    "That everybody was shown the same ledger: the checkpoint is cosigned by 1 of the 2 countries that the " +
      "exchange asks for. Compare it with one that somebody else holds.",
    { kind: "not-proven", what: "single-history", countries: 1, quorum: 2 },
  ],
  [
    "That everybody was shown the same ledger: the checkpoint is cosigned by nobody. Compare it with one " +
      "that somebody else holds.",
    { kind: "not-proven", what: "single-history", countries: 0, quorum: 0 },
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
    { kind: "not-proven", what: "unchanged-since" },
    { kind: "not-proven", what: "facts" },
    { kind: "not-proven", what: "person" },
    { kind: "not-proven", what: "times" },
    { kind: "not-proven", what: "body-absent" },
    { kind: "not-proven", what: "body-text", reader: kid },
  ];
  test.each(OTHERS)("$what: what is not proven, and what would prove it", (finding) => {
    expect(toFindingText(finding)).toMatch(/^(That|Which|What) .*\.$/);
  });
});
