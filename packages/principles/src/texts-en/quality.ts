import type { Explanation } from "../explain.ts";

const ER = "http://data.europa.eu/eli/reg/2016/794/oj";
const LED = "http://data.europa.eu/eli/dir/2016/680/oj";
const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";

const MARKING: Readonly<Record<string, Explanation>> = {
  P22: {
    title: "Marking is mandatory",
    wrong:
      "A message that carries information lacks its purpose, its handling code or its classification, " +
      "or is marked H3 without declaring the caveat's text.",
    todo: "Add what is missing. For H3, write the restriction into the body and declare the caveat.",
    source: "ER 19(1), 19(2)",
    link: ER,
    confidence: "K",
  },
  P25: {
    title: "Evaluation of the information",
    wrong: "The information comes without an evaluation, so it counts as X4: it cannot be assessed.",
    todo:
      "State how reliable the source is (A, B, C or X) and how accurate the information is (1 to 4). To " +
      "give it afterwards, send the information again with its evaluation.",
    source: "ER 29(1), 29(2), 29(4)",
    link: ER,
    confidence: "V",
  },
  P26: {
    title: "The evaluation belongs to the provider",
    wrong:
      "The message states a better evaluation than the material of others that it draws on was given, or " +
      "than its weakest source has.",
    todo:
      "Leave the evaluation out, which takes it over, or repeat it; of several, the weakest of each of " +
      "the two codes. If it is wrong, ask the provider to share the material again under another one.",
    source: "ER 29(3)",
    link: ER,
    confidence: "V",
  },
  "P26.weaker": {
    title: "The evaluation belongs to the provider",
    wrong: "The message states a worse evaluation than the agency that provided the material gave it.",
    todo:
      "Leave the evaluation out, which takes it over, or repeat it. If it is wrong, ask the provider to " +
      "share the material again under another one. What you add of your own, send as a message first, " +
      "with its evaluation, and name that in derivedFrom as well.",
    source: "ER 29(3)",
    link: ER,
    confidence: "V",
  },
  P32: {
    title: "Confidentiality",
    wrong:
      "The classification in force, the highest of the message's own and its sources', is above what " +
      "this exchange may carry or what the two countries have agreed.",
    todo: "Send it by a channel accredited for it, or leave out the material that is classified so high.",
    source: "Dir 3(c); FD 9; Bulgaria's reservation to the PCC",
    link: DIR,
    confidence: "K",
  },
  "P32.exposed": {
    title: "Confidentiality",
    wrong:
      "A key to which your message was encrypted was in wrong hands by then: others may have read the " +
      "message, if they could get hold of it.",
    todo: "Judge what that means for the case and for the persons concerned, and tell whom you have to tell.",
    source: "LED 30(6); Dir 3(c)",
    link: LED,
    confidence: "K",
  },
};

const PERSONS: Readonly<Record<string, Explanation>> = {
  P27: {
    title: "Fact or assessment, and as of when",
    wrong:
      "The message carries information about persons, its own or taken over from a source, and does not " +
      "say whether it is fact or assessment, or as of when it held.",
    todo: "State both with the personal data: factual, and asOf, the time as of which you know it to hold.",
    source: "LED 7(1), 7(2); Dir 10(c)",
    link: LED,
    confidence: "K",
  },
  "P27.future": {
    title: "Fact or assessment, and as of when",
    wrong: "The time as of which the personal data are said to hold is after the message was issued.",
    todo: "State the last time at which you know that they held.",
    source: "LED 7(1), 7(2)",
    link: LED,
    confidence: "V",
  },
  "P27.verify": {
    title: "Fact or assessment, and as of when",
    wrong: "The personal data are as of more than half a year ago.",
    todo: "Ask their provider whether they still hold before you rely on them.",
    source: "LED 7(1), 7(2); Dir 10(c)",
    link: LED,
    confidence: "K",
  },
  P28: {
    title: "Categories of data subjects",
    wrong:
      "The message has data about a victim, a witness, an informant or someone under 18, and does not " +
      "declare why they are strictly necessary.",
    todo:
      "Leave these persons out. Where the purpose cannot be reached without them, write into the body " +
      "why, and declare strictNecessity.",
    source: "LED 6; ER 30(1), Annex II.B; Dir 10(b), 6(1)(d)",
    link: ER,
    confidence: "V",
  },
  P29: {
    title: "Special categories of personal data",
    wrong:
      "The message has special categories of personal data and does not declare why they are strictly " +
      "necessary.",
    todo:
      "Leave them out. Where the purpose cannot be reached without them, write into the body why, and " +
      "declare strictNecessity.",
    source: "LED 10; ER 30(2)",
    link: LED,
    confidence: "V",
  },
  "P29.broadcast": {
    title: "Special categories of personal data",
    wrong:
      "The message has special categories of personal data, and goes to a group or to more than three " +
      "agencies.",
    todo: "Send it to the agencies that need it, three at most, or leave the special categories out.",
    source: "LED 10, 20(2)",
    link: LED,
    confidence: "V",
  },
  P33: {
    title: "Data-protection gate",
    wrong:
      "Personal data, the message's own or taken over from a source, would cross the border on no " +
      "basis, or on one that the two countries have not agreed.",
    todo: "Name a basis that the terms between the two countries list, or leave the personal data out.",
    source: "LED 35-38; PCC 31(3)",
    link: LED,
    confidence: "V",
  },
  "P33.documentation": {
    title: "Data-protection gate",
    wrong: "Personal data cross the border on the sender's own assessment, or on a derogation.",
    todo:
      "Document the transfer: its time, the authority that received it, the justification, and the data " +
      "themselves.",
    source: "LED 37(3), 38(3)",
    link: LED,
    confidence: "V",
  },
};

const CORRECTION = { title: "Correction chain", source: "LED 7(3), 16(6); Dir 3(e)", link: LED } as const;
const CORRECTION_SENT = "A message that you hold, or one that yours draws on, was corrected by its sender. ";
/** The same for whoever was sent the correction and for whoever is told of it. */
const RECTIFY: Explanation = {
  ...CORRECTION,
  wrong: `${CORRECTION_SENT}Something in it was wrong.`,
  todo:
    "Rectify it by the time given and acknowledge that. If the correction did not reach you, ask the " +
    "agency that you have it from for the right text. What you made of it, correct by a message of your own.",
  confidence: "K",
};
const ERASE: Explanation = {
  ...CORRECTION,
  wrong: `${CORRECTION_SENT}It should not have been sent, or is no longer to be kept.`,
  todo: "Erase it by the time given and acknowledge that, with whatever you made of it.",
  confidence: "K",
};
const RESTRICT: Explanation = {
  ...CORRECTION,
  wrong: `${CORRECTION_SENT}It is no longer to be used, or only where its sender says so.`,
  todo: "Restrict its use by the time given and acknowledge that, with whatever you made of it.",
  confidence: "K",
};

const AFTERWARDS: Readonly<Record<string, Explanation>> = {
  P30: {
    title: "Correction chain",
    wrong: "The correction names no message that you sent and that is still on record.",
    todo:
      "Name in re the very message that you sent. If it is another agency's, tell that agency what is " +
      "wrong: it corrects the message, and everyone that holds it is told. What was to be deleted by " +
      "now needs none.",
    source: "LED 7(3), 16(5)-(6); Dir 3(e)",
    link: LED,
    confidence: "K",
  },
  ...Object.fromEntries(["P30.rectify", "P30.rectify-holders"].map((policy) => [policy, RECTIFY])),
  ...Object.fromEntries(["P30.erase", "P30.erase-holders"].map((policy) => [policy, ERASE])),
  ...Object.fromEntries(["P30.restrict", "P30.restrict-holders"].map((policy) => [policy, RESTRICT])),
  "P30.recall": {
    ...CORRECTION,
    wrong:
      "A message that you hold, or one that it draws on, was signed with a key that was in wrong hands by " +
      "then: it may be somebody else's.",
    todo:
      "Ask the agency by another way whether it sent the message. Then erase it or restrict its use and " +
      "acknowledge that, or send a review that says what you have made of it, by the time given.",
    source: "LED 7(3)",
    confidence: "V",
  },
  "P30.used": {
    title: "Correction chain",
    wrong: "The message draws on something that its sender has since erased or restricted.",
    todo:
      "Leave it out, and whatever was made of it. If it is still needed, ask the agency that it comes " +
      "from; if it is your own, send it anew.",
    source: "LED 7(3), 16(3), 16(6); Dir 3(e)",
    link: LED,
    confidence: "K",
  },
  "P30.outdated": {
    title: "Correction chain",
    wrong: "The message draws on something that its sender has since rectified, and not on the correction.",
    todo:
      "Tell the recipients what was rectified. Better, send the right text: name the correction in " +
      "derivedFrom too, or ask the agency you have the material from for it.",
    source: "LED 7(2), 7(3); Dir 3(e)",
    link: LED,
    confidence: "K",
  },
  P31: {
    title: "Retention",
    wrong: "The message has personal data and no time by which they are to be deleted.",
    todo: "State deleteBy: no later than you still need the data, and within what your own law allows.",
    source: "PCC 31(4)(b); LED 5; ER 31(4)",
    link: LED,
    confidence: "V",
  },
  "P31.expired": {
    title: "Retention",
    wrong: "The message itself, or a message that it draws on, was to be deleted by now.",
    todo:
      "Leave that source out, and delete what you keep of it. If another agency's data are still " +
      "needed, ask that agency for them; if they are your own, send them anew with a later deleteBy.",
    source: "PCC 31(4)(b); LED 5; ER 31(4)",
    link: LED,
    confidence: "V",
  },
  "P31.review": {
    title: "Retention",
    wrong: "The personal data may be kept for more than three years.",
    todo:
      "Review by then whether they are still needed, and set down why, or have them erased by a " +
      "correction.",
    source: "LED 5; ER 31(2)",
    link: ER,
    confidence: "V",
  },
};

/** What each reason says to an officer about markings, quality, people and retention. */
export const QUALITY_TEXTS: Readonly<Record<string, Explanation>> = { ...MARKING, ...PERSONS, ...AFTERWARDS };
