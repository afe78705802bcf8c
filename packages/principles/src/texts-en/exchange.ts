import type { Explanation } from "../explain.ts";

const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";

/** What each reason says to an officer about the exchange itself. */
export const EXCHANGE_TEXTS: Readonly<Record<string, Explanation>> = {
  withheld: {
    title: "Denied, reason withheld",
    wrong:
      "A rule denies this recipient, and naming it would disclose something about another party. Auditors " +
      "see the rule and the facts in the ledger.",
    todo: "Ask your country's authority or an auditor, quoting the message's id.",
  },
  "mandatory-copy-denied": {
    title: "A mandatory copy is denied",
    wrong:
      "A copy to a single point of contact is part of the exchange, and that copy is denied; so the " +
      "message goes to no one.",
    todo:
      "Look at the reasons given for the copies, and send a new message that they do not apply to. Where " +
      "no rule is named, ask your country's authority or an auditor, quoting the message's id.",
    source: "Dir 4(2), 8",
    link: DIR,
    confidence: "V",
  },
};
