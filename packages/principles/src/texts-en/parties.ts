import type { Explanation } from "../explain.ts";

const LED = "http://data.europa.eu/eli/dir/2016/680/oj";
const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";

/** What each reason says to an officer about who may exchange what with whom. */
export const PARTIES_TEXTS: Readonly<Record<string, Explanation>> = {
  P01: {
    title: "Competence",
    wrong: "Sender or recipient is not a registered, active law-enforcement authority.",
    todo:
      "Check the standing of both agencies in the membership; write to an active authority. A correction " +
      "whose recipients are suspended goes to another active agency that holds what it corrects, or to " +
      "your own single point of contact: once it is let through to anyone, everyone that holds it is told.",
    source: "LED 3(7), 35(1)(b)",
    link: LED,
    confidence: "V",
  },
  "P01.role": {
    title: "Competence",
    wrong: "Your agency's role does not let it ask another country's single point of contact.",
    todo:
      "Ask through your own SPOC, or ask the competent authority directly with copies to both SPOCs. An " +
      "authority asks a foreign SPOC itself once its country has designated it for that.",
    source: "Dir 4(1), 8",
    link: DIR,
    confidence: "V",
  },
  "P01.crime": {
    title: "Competence",
    wrong: "Your agency, or the recipient, does not work in the area of crime that the message states.",
    todo: "Write to an agency that does (the membership says which), or to the single point of contact.",
    source: "LED 3(7)",
    link: LED,
    confidence: "V",
  },
  "P01.purpose": {
    title: "Competence",
    wrong: "Your agency, or the recipient, is not registered for the purpose that the message states.",
    todo: "Write to an agency that is (the membership says which), or to the single point of contact.",
    source: "LED 3(7), 4(1)(b)",
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
  P03: {
    title: "Single point of contact",
    wrong: "The message crosses a border without your own country's single point of contact.",
    todo: "Add your country's active SPOC to the copies. Only an exception of P04 lets it be left out.",
    source: "Dir 4(1)-(2), 7, 8(1)-(2)",
    link: DIR,
    confidence: "V",
  },
  "P03.recipient": {
    title: "Single point of contact",
    wrong: "The message reaches another country without that country's single point of contact.",
    todo:
      "Add to the copies the active SPOC of each country that a recipient belongs to. Only an exception " +
      "of P04 lets it be left out.",
    source: "Dir 4(1)-(2), 7, 8(1)-(2)",
    link: DIR,
    confidence: "V",
  },
  P04: {
    title: "Exceptions to the SPOC copies",
    wrong: "The reason given for withholding copies is none of the three that there are.",
    todo:
      "Send the copies and state no exception, or state sensitive-investigation, terrorism or " +
      "personal-safety if that is the true reason.",
    source: "Dir 4(2), 8(3)",
    link: DIR,
    confidence: "V",
  },
  "P04.terrorism": {
    title: "Exceptions to the SPOC copies",
    wrong:
      "The exception for terrorism is used where the crime is another, in an urgent request, or with an " +
      "override.",
    todo:
      "Send the copies to both SPOCs and state no exception. If the case is one of terrorism and no " +
      "emergency, state that area of crime, no urgency and no override.",
    source: "Dir 4(2), 8(3)",
    link: DIR,
    confidence: "V",
  },
  "P04.justification": {
    title: "Exceptions to the SPOC copies",
    wrong: "Copies to a single point of contact are withheld.",
    todo: "Set down why in your own file of the case, for your authority and for auditors.",
    source: "Dir 4(2), 8(3)",
    link: DIR,
    confidence: "V",
  },
};
