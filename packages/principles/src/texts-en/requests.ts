import type { Explanation } from "../explain.ts";

const LED = "http://data.europa.eu/eli/dir/2016/680/oj";
const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";
const FD = "https://eur-lex.europa.eu/eli/dec_framw/2006/960";

/** Dir 4(3) to (5), and the form of FD Annex B. */
const COMPLETE_REQUEST: Readonly<Record<string, Explanation>> = {
  P05: {
    title: "Complete request",
    wrong: "The request does not declare the facts behind it.",
    todo: "Set out the facts in the body, declare them (declares.facts), and send the request anew.",
    source: "Dir 4(5); FD 5, Annex B; § 92a IRG",
    link: DIR,
    confidence: "K",
  },
  "P05.offence": {
    title: "Complete request",
    wrong: "The request names neither an area of crime nor anything of the offence.",
    todo: "State the area of crime, or what is known of the offence, and send the request anew.",
    source: "Dir 4(5); FD 5, Annex B; § 92a IRG",
    link: DIR,
    confidence: "K",
  },
  "P05.grounds": {
    title: "Complete request",
    wrong: "The request does not declare why the information is believed to be in the country asked.",
    todo: "Give the grounds in the body, declare them (declares.grounds), and send the request anew.",
    source: "Dir 4(3); § 92f IRG; FD 5, Annex B",
    link: DIR,
    confidence: "S",
  },
  "P05.use-restriction": {
    title: "Complete request",
    wrong: "The request does not declare how far it may itself be used by those who are asked.",
    todo:
      "Say in the body whether the request may be used, used without naming you, used with your leave " +
      "only, or not at all; declare it (declares.useRestriction), and send the request anew.",
    source: "FD Annex B; § 92a IRG",
    link: "https://urteile-gesetze.de/gesetze/irg/92a",
    confidence: "V",
  },
  "P05.person-link": {
    title: "Complete request",
    wrong: "The request carries personal data and does not declare what links the persons to its purpose.",
    todo:
      "Explain each person's link to the purpose in the body, declare it (declares.personLink), or leave " +
      "the personal data out.",
    source: "FD 5, Annex B; § 92a IRG",
    link: FD,
    confidence: "S",
  },
};

/** What each reason says to an officer about what a request or a spontaneous message must be. */
export const REQUESTS_TEXTS: Readonly<Record<string, Explanation>> = {
  ...COMPLETE_REQUEST,
  P06: {
    title: "Lawful purpose",
    wrong: "The purpose is not one that these two countries exchange information for.",
    todo:
      "State prevention, detection or investigation if that is the true purpose. Prosecution and threat " +
      "prevention need to be in the terms between the two countries.",
    source: "LED 4(1)(b), 9(1); Dir 1(1); Europol handling code H0",
    link: LED,
    confidence: "K",
  },
  "P06.stated": {
    title: "Lawful purpose",
    wrong: "The request, for information or for consent, does not say what for.",
    todo: "State the purpose, and send the request anew.",
    source: "LED 4(1)(b); Dir 1(1)",
    link: LED,
    confidence: "K",
  },
  P07: {
    title: "Honest urgency",
    wrong:
      "The request is called urgent without one of the four grounds, or without declaring its reason; it " +
      "counts as not urgent.",
    todo:
      "If it is urgent, send it anew with the ground (public security, life, liberty, or losing relevance) " +
      "and with the reason in the body, declared (declares.urgencyReason).",
    source: "Dir 4(4); § 92f IRG",
    link: DIR,
    confidence: "S",
  },
  P37: {
    title: "Spontaneous sharing",
    wrong: "The message was not asked for and does not declare why it matters to those it goes to.",
    todo: "Say in the body why it matters to them, declare it (declares.relevance), and send it anew.",
    source: "Dir 7; FD 7; PCC 6",
    link: DIR,
    confidence: "S",
  },
  "P37.crime": {
    title: "Spontaneous sharing",
    wrong: "The message was not asked for and names no area of crime.",
    todo: "State the area of crime it is about, and send it anew.",
    source: "Dir 7; FD 7; PCC 6",
    link: DIR,
    confidence: "S",
  },
  P38: {
    title: "No duplicate requests",
    wrong:
      "Your country has an open request of the same case and crime to the same country, in another thread.",
    todo:
      "Ask your single point of contact whether that request answers yours too. If it does, tell those " +
      "you asked that yours is settled.",
    source: "Dir 16(1)(d); SWD(2021) 374, problem 3",
    link: DIR,
    confidence: "K",
  },
};
