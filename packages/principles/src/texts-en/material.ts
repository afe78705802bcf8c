import type { Explanation } from "../explain.ts";

const AO = "https://www.gesetze-im-internet.de/ao_1977/__117c.html";
const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";
const ER = "http://data.europa.eu/eli/reg/2016/794/oj";
const FD = "https://eur-lex.europa.eu/eli/dec_framw/2006/960";
const GUIDELINES =
  "https://statewatch.org/news/2018/february/eu-law-enforcement-information-exchange-guidelines";
const LED = "http://data.europa.eu/eli/dir/2016/680/oj";

const USE: Readonly<Record<string, Explanation>> = {
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
      "The message draws on material of another agency, and names no consent of that agency which lets it " +
      "go to this recipient for this purpose.",
    todo:
      "Ask each agency in the origins of your sources for a consent with the permit forward that names " +
      "this recipient and this purpose, and list it in consents.",
    source: "Dir 3(d), 6(1)(h); FD 3(5); ER 22(1), 23(7)",
    link: DIR,
    confidence: "K",
  },
  "P17.onward": {
    title: "Originator control",
    wrong:
      "The message takes material of a third country's agency, and names no consent of that agency which " +
      "lets it go to this recipient for this purpose.",
    todo:
      "Ask each agency the material comes from for a consent with the permits forward and transfer that " +
      "names this recipient and this purpose, and list it in consents.",
    source: "Dir 3(d), 6(1)(h); FD 3(5); ER 22(1), 23(7); LED 35(2)",
    link: DIR,
    confidence: "K",
  },
  "P17.request-for-consent": {
    title: "Originator control",
    wrong:
      "The message asks for consent over something that the sender does not hold, or does not ask the " +
      "agency that it comes from.",
    todo:
      "Name in of a message that you hold or one of its origins, with its digest, and address the agency " +
      "that sent that one.",
    source: "Dir 3(d); ER 23(7)",
    link: ER,
    confidence: "K",
  },
  P18: {
    title: "Revocable consent",
    wrong:
      "A consent that the message relies on, to forward or disseminate the material or to use it as " +
      "evidence, has expired or was withdrawn.",
    todo: "Ask the agency that gave it for a new consent, and list that one in consents.",
    source: "ER 23(6), 19(2)",
    link: ER,
    confidence: "V",
  },
  "P18.purpose": {
    title: "Revocable consent",
    wrong:
      "A consent that the message relies on, to another purpose or to take the material to a third " +
      "country, has expired or was withdrawn.",
    todo: "Ask the agency that gave it for a new consent, and list that one in consents.",
    source: "ER 23(6), 19(2)",
    link: ER,
    confidence: "V",
  },
  "P18.grant": {
    title: "Revocable consent",
    wrong: "The consent is not over a message of the sender's on record, or the time it ends has come.",
    todo:
      "Name in grant.of a message that you sent, with its digest, and in until a time to come. Over " +
      "another agency's message, that agency is asked.",
    source: "ER 23(6), 19(2)",
    link: ER,
    confidence: "K",
  },
  "P18.own": {
    title: "Revocable consent",
    wrong: "The message withdraws something that is no consent of the sender's on record.",
    todo:
      "Name in re the consent that you gave. To restrict material in another way, ask the agency that it " +
      "comes from.",
    source: "ER 23(6)",
    link: ER,
    confidence: "V",
  },
  P19: {
    title: "No evidence without consent",
    wrong:
      "The message offers another agency's material for use as evidence, or takes H1 material to a " +
      "prosecutor, without that agency's consent to it.",
    todo:
      "Ask each agency the material comes from for a consent with the permit evidence that names this " +
      "recipient and this purpose, and list it in consents; or leave the material out.",
    source: "FD 1(4); Europol handling code H1; AO section 117c(4)",
    link: FD,
    confidence: "S",
  },
  "P19.notice": {
    title: "No evidence without consent",
    wrong: "An answer may not be used as evidence before a judicial authority unless its sender consents.",
    todo: "To use it as evidence, ask its sender for a consent with the permit evidence.",
    source: "FD 1(4); AO section 117c(4)",
    link: AO,
    confidence: "S",
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
    link: GUIDELINES,
    confidence: "V",
  },
  P21: {
    title: "Caveats",
    wrong:
      "The message draws on material marked H3, and no officer of the sender has acknowledged that the " +
      "restriction in words was read.",
    todo: "Have an officer read the source, see that its caveat lets it pass, and acknowledge it as read.",
    source: "Europol handling code H3 (Council guidelines 2018); LED 9(3); ER 19(2)",
    link: GUIDELINES,
    confidence: "V",
  },
  "P21.acknowledge": {
    title: "Caveats",
    wrong: "The message is marked H3: a restriction in words goes with it.",
    todo: "Have an officer read the restriction and acknowledge the message as read.",
    source: "Europol handling code H3 (Council guidelines 2018); LED 9(3); ER 19(2)",
    link: GUIDELINES,
    confidence: "V",
  },
};

const MARKINGS: Readonly<Record<string, Explanation>> = {
  P23: {
    title: "Markings stick",
    wrong: "The message's handling code is less restrictive than one of the material it draws on.",
    todo:
      "State the most restrictive handling code among your sources', with its caveat where that is H3. " +
      "Only the agency the material comes from can loosen it, by sharing it again.",
    source: "ER 19(2); FD 8(4); LED 9(3)",
    link: ER,
    confidence: "K",
  },
  "P23.classification": {
    title: "Markings stick",
    wrong: "The message's classification is lower than that of the material it draws on.",
    todo:
      "State the highest classification among your sources'. Only the agency the material comes from can " +
      "lower it, by sharing it again.",
    source: "ER 19(2); FD 8(4), 9; LED 9(3)",
    link: ER,
    confidence: "K",
  },
  "P23.deletion": {
    title: "Markings stick",
    wrong: "The message's deletion date is later than that of the material it draws on.",
    todo:
      "State the earliest deletion date among your sources', or none, and it is inherited. Only the agency " +
      "the material comes from can extend it, by sharing it again.",
    source: "ER 19(2); LED 9(3); PCC 31(4)(b)",
    link: ER,
    confidence: "V",
  },
  P24: {
    title: "Life-threat override",
    wrong:
      "The message claims an override that does not hold: its code is not imminent-threat-to-life, its " +
      "officer is neither supervisor nor duty officer, or it declares no justification.",
    todo:
      "Where there is an imminent threat to life, have a supervisor or duty officer send it with that " +
      "code, write the justification into the body and declare it. Otherwise leave the override out.",
    source: "ER 22(2)",
    link: ER,
    confidence: "V",
  },
  "P24.purpose": {
    title: "Life-threat override",
    wrong: "The message claims an override, and is meant as evidence or for a purpose that averts no danger.",
    todo:
      "Leave out evidenceUse, and state the purpose that the message has in averting the threat. To use " +
      "the material in court, ask the agency that it comes from for its consent.",
    source: "ER 22(2)",
    link: ER,
    confidence: "K",
  },
  "P24.told": {
    title: "Life-threat override",
    wrong: "Your material was used under an override, to prevent an imminent threat to life.",
    todo: "Ask the agency named for its justification and its review.",
    source: "ER 22(2)",
    link: ER,
    confidence: "V",
  },
  "P24.review": {
    title: "Life-threat override",
    wrong: "An override was used, and its use has not been reviewed yet.",
    todo: "Review whether it was necessary, and send the review of that message by the date given.",
    source: "ER 22(2)",
    link: ER,
    confidence: "V",
  },
  P34: {
    title: "Onward transfer",
    wrong:
      "The message takes material of one country to a third, and names no authorisation of the agency it " +
      "comes from.",
    todo:
      "Ask each agency the material comes from for a consent with the permit transfer, beside forward, " +
      "that names this recipient and this purpose, and list it in consents.",
    source: "LED 35(1)(c),(e), 35(2); ER 23(7)",
    link: LED,
    confidence: "V",
  },
  "P34.told": {
    title: "Onward transfer",
    wrong:
      "Your material was transferred to a third country without your authorisation, to avert an immediate " +
      "and serious threat to public security.",
    todo: "Ask the agency named why the authorisation could not be had in time.",
    source: "LED 35(2)",
    link: LED,
    confidence: "V",
  },
  P35: {
    title: "On record",
    wrong: "The message names a source that its sender does not hold.",
    todo: "Name in derivedFrom only messages that you sent or received, each with its digest.",
    source: "LED 25(1); ER 23(8), 40(1); Dir 16(1)",
    link: LED,
    confidence: "V",
  },
  "P35.chain": {
    title: "On record",
    wrong:
      "The message was derived, over any number of hops, from more messages than its markings can carry.",
    todo: "Draw on fewer sources, or spread them over several messages.",
    source: "LED 25(1); ER 23(8), 40(1); Dir 16(1)",
    link: LED,
    confidence: "V",
  },
};

/** What each reason says to an officer about material of others. */
export const MATERIAL_TEXTS: Readonly<Record<string, Explanation>> = { ...USE, ...MARKINGS };
