import type { Explanation } from "../explain.ts";

const DIR = "https://eur-lex.europa.eu/eli/dir/2023/977/oj";
const FD = "https://eur-lex.europa.eu/eli/dec_framw/2006/960";

const LIMITS: Readonly<Record<string, Explanation>> = {
  P08: {
    title: "Deadline: profile of 2023",
    wrong:
      "Nothing is wrong: by the two countries' terms an answer is due within 8 hours (urgent, directly " +
      "accessible), 3 calendar days (urgent) or 7 calendar days of the country that is asked.",
    todo: "Answer by then, or refuse, or announce the delay with its reason and a new date.",
    source: "Dir 5(1)",
    link: DIR,
    confidence: "V",
  },
  P09: {
    title: "Deadline: profile of 2006",
    wrong:
      "Nothing is wrong: by the two countries' terms an answer is due within 8 hours (urgent, a listed " +
      "offence, directly accessible), 7 days (the same, not urgent) or 14 days.",
    todo: "Answer by then, or refuse, or announce the delay with its reason and a new date.",
    source: "FD 4",
    link: FD,
    confidence: "S",
  },
};

const DELAYS: Readonly<Record<string, Explanation>> = {
  P10: {
    title: "Reasons for delay",
    wrong:
      "The delay names no request that is addressed to you, open, and with its time running; or it is not " +
      "addressed to whoever asked.",
    todo:
      "Name the request as you received it, and put the agency that sent it into `to`. What is answered or " +
      "refused needs no delay, and while your question back is open no time runs.",
    source: "FD 4, Annex A; Dir 5(2)",
    link: DIR,
    confidence: "K",
  },
  "P10.reason": {
    title: "Reasons for delay",
    wrong: "The reason given is not one of the list.",
    todo:
      "Give the true one of judicial-authorisation, other-authority, large-volume, verification, " +
      "translation, technical-incident and out-of-proportion.",
    source: "FD 4, Annex A; Dir 5(2)",
    link: DIR,
    confidence: "K",
  },
  "P10.until": {
    title: "Reasons for delay",
    wrong: "The new date is not after the present limit, or not in the future, or more than 31 days off.",
    todo:
      "Name a date after the present limit and at most 31 days after it, or from today where the limit has " +
      "passed. If that is not enough, announce another delay then.",
    source: "FD 4, Annex A; Dir 5(2)",
    link: DIR,
    confidence: "K",
  },
  P11: {
    title: "Judicial authorisation",
    wrong:
      "A judge is given as the reason, and by what your country has stated in the membership none is " +
      "needed for the data that the request asks for.",
    todo:
      "Give the true reason. If your law does need a judge for such data, have your country's authority " +
      "state it in the membership.",
    source: "Dir 5(2), 9; FD 3(4)",
    link: DIR,
    confidence: "K",
  },
  "P11.seek": {
    title: "Judicial authorisation",
    wrong: "Nothing is wrong: the request is delayed until a judge has decided.",
    todo:
      "Apply for the judge's leave at once. Answer as soon as you have it; if it is not given, refuse on " +
      "the ground authorisation-refused.",
    source: "Dir 5(2), 9; FD 3(4)",
    link: DIR,
    confidence: "K",
  },
  P12: {
    title: "Clarification",
    wrong:
      "The question back names no request that is addressed to you and open, or it is not addressed to " +
      "whoever asked.",
    todo: "Name the request as you received it, and put the agency that sent it into `to`.",
    source: "Dir 6(3)",
    link: DIR,
    confidence: "K",
  },
  "P12.late": {
    title: "Clarification",
    wrong: "The time limit has passed, and a question back can no longer stop it.",
    todo: "Announce the delay first, with its reason and a new date; then ask.",
    source: "Dir 6(3)",
    link: DIR,
    confidence: "K",
  },
};

const ANSWERS: Readonly<Record<string, Explanation>> = {
  P13: {
    title: "Answers and refusals",
    wrong:
      "The message names no request that is addressed to you and not refused yet, nor a question back that " +
      "you were sent about a request of your own.",
    todo:
      "Name the request, or the question back, as you received it. What is given without having been asked " +
      "for is a notification.",
    source: "Dir 6; FD 10",
    link: DIR,
    confidence: "K",
  },
  "P13.asker": {
    title: "Answers and refusals",
    wrong: "The agency that asked is not among those that the message is addressed to.",
    todo: "Put the agency that sent the request into `to`; others can have copies.",
    source: "Dir 6; FD 10",
    link: DIR,
    confidence: "K",
  },
  "P13.ground": {
    title: "Answers and refusals",
    wrong: "The ground of the refusal is not one of the closed list.",
    todo:
      "Give the true one of not-available, request-incomplete, out-of-proportion, authorisation-refused, " +
      "outside-categories, inaccurate, national-security, ongoing-investigation, person-safety, " +
      "legal-person-interests, minor-offence, not-an-offence and originator-refused. If none applies, " +
      "answer.",
    source: "Dir 6(1); FD 10",
    link: DIR,
    confidence: "K",
  },
  "P13.late": {
    title: "Answers and refusals",
    wrong: "The time limit has passed, and a refusal is told within it.",
    todo:
      "Answer, which is never too late; or announce the delay with its reason and a new date, then " +
      "refuse.",
    source: "Dir 6(2); FD 10",
    link: DIR,
    confidence: "K",
  },
  "P13.answered": {
    title: "Answers and refusals",
    wrong: "The request has been answered, and cannot be refused as a whole any more.",
    todo: "Refuse the part that the ground concerns (partial), or correct what was answered.",
    source: "Dir 6(1), last sentence; FD 10",
    link: DIR,
    confidence: "K",
  },
  P14: {
    title: "Minor offence",
    wrong: "By the terms between your country and the asking one, this ground is not used between the two.",
    todo: "Answer, or give another ground of the list if one truly applies.",
    source: "Dir 6(1)(g); FD 10(2)",
    link: DIR,
    confidence: "K",
  },
};

/** What each reason says to an officer about answers, refusals, delays and their times. */
export const THREADS_TEXTS: Readonly<Record<string, Explanation>> = { ...LIMITS, ...DELAYS, ...ANSWERS };
