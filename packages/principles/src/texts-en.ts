import type { Explanation } from "./explain.ts";

const LED = "http://data.europa.eu/eli/dir/2016/680/oj";
const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";
const FD = "https://eur-lex.europa.eu/eli/dec_framw/2006/960";
const ER = "http://data.europa.eu/eli/reg/2016/794/oj";

/** What each reason says to an officer: what is wrong, and what would let the message pass. */
export const ENGLISH: Readonly<Record<string, Explanation>> = {
  P01: {
    title: "Competence",
    wrong:
      "Sender or recipient is not a registered, active law-enforcement authority, or the sender's role " +
      "does not let it ask another country's single point of contact.",
    todo:
      "Check both agencies' standing in the membership. Without the role of SPOC or designated authority, " +
      "ask through your own SPOC, or ask the competent authority directly with copies to both SPOCs.",
    source: "LED 3(7), 35(1)(b)",
    link: LED,
    confidence: "V",
  },
  P02: {
    title: "Identity and integrity",
    wrong: "No officer answers for the message: none is named, or a machine sent it by itself.",
    todo: "Have an officer send it, named by pseudonym and role. Only acknowledgements may come from a node.",
    source: "LED 25(1), 29(2)",
    link: LED,
    confidence: "V",
  },
  P06: {
    title: "Lawful purpose",
    wrong: "The request states no purpose, or the purpose is not one that these two countries exchange for.",
    todo:
      "State prevention, detection or investigation if that is the true purpose. Prosecution and threat " +
      "prevention need to be in the terms between the two countries.",
    source: "LED 4(1)(b), 9(1); Dir 1(1); Europol handling code H0",
    link: LED,
    confidence: "K",
  },
  P16: {
    title: "Purpose limitation",
    wrong: "The message uses material for another purpose than the one it was received for.",
    todo:
      "Ask each agency the material comes from for a consent with the permit other-purpose that names the " +
      "new purpose and this recipient, and list it in consents.",
    source: "FD 8(3); PCC 31(4)(a); ER 19(1); LED 4(2)",
    link: FD,
    confidence: "S",
  },
  P17: {
    title: "Originator control",
    wrong:
      "The message draws on material of another agency without a consent of that agency that is valid " +
      "now, or it names a source that the sender does not hold, or draws on more messages than can be " +
      "marked.",
    todo:
      "Name only messages you sent or received. Ask each agency in the origins of your sources for a " +
      "consent with the permit forward that names this recipient and this purpose, and list it in " +
      "consents.",
    source: "Dir 3(d), 6(1)(h); FD 3(5); ER 22(1), 23(7)",
    link: DIR,
    confidence: "K",
  },
  P20: {
    title: "No dissemination of H2 material",
    wrong:
      "The material is marked H2: without its originator's permission it may not be passed on, except to " +
      "whoever made it or has it from you.",
    todo:
      "Ask the agency it comes from for a consent with the permit disseminate that names this recipient " +
      "and this purpose, and list it in consents.",
    source: "Europol handling code H2 (Council guidelines 2018)",
    link: "https://statewatch.org/news/2018/february/eu-law-enforcement-information-exchange-guidelines",
    confidence: "V",
  },
  P22: {
    title: "Marking is mandatory",
    wrong:
      "A message that carries information lacks its purpose, its handling code or its classification, or " +
      "is marked H3 without declaring the caveat's text.",
    todo: "Add what is missing. For H3, write the restriction into the body and declare the caveat.",
    source: "ER 19(1), 19(2)",
    link: ER,
    confidence: "V",
  },
  P32: {
    title: "Confidentiality",
    wrong:
      "The classification in force, the highest of the message's own and its sources', is above what this " +
      "exchange may carry or what the two countries have agreed.",
    todo: "Send it by a channel accredited for it, or leave out the material that is classified so high.",
    source: "Dir 3(c); FD 9; Bulgaria's reservation to the PCC",
    link: DIR,
    confidence: "K",
  },
  P33: {
    title: "Data-protection gate",
    wrong:
      "Personal data would cross the border on no basis, or on one that the two countries have not " +
      "agreed.",
    todo: "Name a basis that the terms between the two countries list, or leave the personal data out.",
    source: "LED 35-38; PCC 31(3)",
    link: LED,
    confidence: "V",
  },
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
