import type { Queries } from "./queries.ts";

/**
 * The same answers, most of them asked for once: for as long as one message is decided, in which nothing
 * changes. Many facts rest on the same few agencies, and on the one message that a reply names.
 */
export function rememberAnswers(queries: Queries): Queries {
  return {
    ...queries,
    agency: remember(queries.agency),
    country: remember(queries.country),
    message: remember(queries.message),
    request: remember(queries.request),
  };
}

/** References are told apart as objects: the same one asked for by two is at worst asked for twice. */
function remember<Of, Answer>(ask: (of: Of) => Answer): (of: Of) => Answer {
  const asked: Of[] = [];
  const answers: Answer[] = [];
  return (of) => {
    const at = asked.indexOf(of);
    if (at >= 0) return answers[at] as Answer;
    const answer = ask(of);
    if (asked.length < REMEMBERED_MAX) {
      asked.push(of);
      answers.push(answer);
    }
    return answer;
  };
}

/** Looked through from the first on, which costs less than a map where there are few. */
const REMEMBERED_MAX = 16;
