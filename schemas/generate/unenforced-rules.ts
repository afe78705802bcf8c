/** A principle that no policy enforces, and why. */
export interface UnenforcedRule {
  readonly rule: string;
  readonly principle: string;
  /** What it would demand. */
  readonly text: string;
  readonly source: string;
  readonly link: string;
  readonly confidence: "V" | "S" | "K";
  readonly because: string;
}

const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";
const LED = "http://data.europa.eu/eli/dir/2016/680/oj";

export const UNENFORCED_RULES: readonly UnenforcedRule[] = [
  {
    rule: "P15",
    principle: "Equivalent access",
    text: "What a country asks of foreign requests is no stricter than what it asks of its own authorities.",
    source: "Dir 3(b); FD 3(3); LED 9(4)",
    link: DIR,
    confidence: "K",
    because:
      "Not enforced here, because what a country asks of its own authorities shows in its own law and " +
      "practice alone. The membership says which data its law gives out with a judge's leave only, and " +
      "P11 rests on that; whether it treats its own police the same, the exchange cannot see.",
  },
  {
    rule: "P36",
    principle: "Access to the log",
    text: "Auditors, data-protection and security officers read the log, say why, and that is logged.",
    source: "LED 25(2)-(3)",
    link: LED,
    confidence: "V",
    because:
      "Not enforced yet, because nothing serves the ledger to people: it is read by the exchange's own " +
      "services and by whoever has the auditor's credentials. Reading it by role, for a reason that is " +
      "recorded, needs a service that does not exist yet.",
  },
  {
    rule: "P39",
    principle: "Language, copy to Europol, report on use",
    text:
      "A message is in a language that its receiver accepts; whether Europol gets a copy is decided and " +
      "recorded; whoever gave information can ask what became of it.",
    source: "Dir 11-12; FD 6(2), 8(5), Annex A",
    link: DIR,
    confidence: "K",
    because:
      "Not enforced yet: countries list their languages and a message can state its own, but no policy " +
      "compares them. Nor is there a party that stands for Europol, or a claim by which a report on use " +
      "is asked for.",
  },
  {
    rule: "P40",
    principle: "Statistics",
    text: "By 1 March, last year's requests, answers and refusals, by country, urgency and ground.",
    source: "Dir 18(2)",
    link: DIR,
    confidence: "V",
    because:
      "Not enforced here, because it is about all messages of a year and not about one. Everything to " +
      "be counted is in the ledger (requests, answers, refusals and delays, each with its code), and no " +
      "program counts it yet.",
  },
];

/** What of an enforced principle is not enforced, and why. */
export const UNENFORCED_PARTS: Readonly<Record<string, string>> = {
  P10:
    "That a delay because an answer would be out of proportion ends 3 days after the request (FD 4, as far " +
    "as we know it) is not: when the request was received is no fact. Under the profile of 2023 the list " +
    "of reasons is looser than Dir 5(2), which knows a judge's leave alone.",
  P26:
    "That an evaluation be changed with its originator's signed agreement is not enforced apart: who " +
    "agrees shares the material again under the new evaluation.",
  P27:
    "Fact or assessment, and as of when, are not in the markings: whoever passes material on says both " +
    "anew, and where it says otherwise than its source did, nothing here sees it.",
  P28:
    "Who the persons are is not in the markings: whoever passes material on says it anew, and where it " +
    "leaves out a victim or a minor of its source, nothing here sees it.",
  P29:
    "That a source holds special categories is not in the markings, so whoever passes it on must say so " +
    "again: where it does not, nothing here sees it.",
  P30:
    "That whoever finds another's data wrong tells its source (LED 16(5)) is a message like any other, " +
    "and is not asked for here. That a party which acknowledges having erased has erased, the exchange " +
    "cannot see.",
  P31:
    "What an agency deletes in its own systems, the exchange cannot see. That data kept for more than " +
    "three years are reviewed by then is laid on the sender without a term: nothing chases it. The " +
    "first review of a closed exchange within six months (Dir 16, as far as we know it) is the " +
    "agencies' own.",
  P33:
    "The documents behind an assessment or a derogation are in the sender's own files: the decision " +
    "records time, recipient and message, and that the sender owes the rest.",
  P35: "What an agency does with a message inside its own systems is for its own log.",
  P37: "That information on serious crime must be shared is not: what is never sent, no exchange can see.",
  P38:
    "Enforced only in part, the flag on a second request. That other channels be used for coded reasons " +
    "only, and what goes there be mirrored, is not enforced, because the exchange does not see other " +
    "channels; nor does it see the cases of an agency, which an incoming request should be held " +
    "against.",
};
