import { expect, test } from "vitest";
import { toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { Queries } from "./queries.ts";
import { rememberAnswers } from "./remembered-queries.ts";

const { queries, claims, recipient } = toDelivery(loadCase("P17-forward-with-consent.permit"));

test("an agency, a country and a message are asked for once, and the answer stays what it was", () => {
  const asked: string[] = [];
  const count = <Of, Answer>(name: string, ask: (of: Of) => Answer) => {
    return (of: Of) => {
      asked.push(name);
      return ask(of);
    };
  };
  const counted: Queries = {
    ...queries,
    agency: count("agency", queries.agency),
    message: count("message", queries.message),
  };
  const remembered = rememberAnswers(counted);
  const ref = "derivedFrom" in claims ? claims.derivedFrom?.[0] : undefined;
  if (!ref) throw new Error("the case draws on a message");
  for (const again of [0, 1]) {
    expect(remembered.agency(recipient)).toEqual(queries.agency(recipient));
    expect(remembered.agency(claims.iss)).toEqual(queries.agency(claims.iss));
    expect(remembered.message(ref)?.markings).toEqual(queries.message(ref)?.markings);
    expect([again, asked]).toEqual([again, ["agency", "agency", "message"]]);
  }
});

test("nobody is nobody again, and there are answers for more than are remembered", () => {
  let asked = 0;
  const remembered = rememberAnswers({
    ...queries,
    agency: () => {
      asked++;
      return undefined;
    },
  });
  const ids = Array.from({ length: 40 }, (_, at) => `AL-X${at}` as typeof recipient);
  for (const id of [...ids, ...ids]) expect(remembered.agency(id)).toBeUndefined();
  expect(asked).toBeGreaterThanOrEqual(ids.length);
  expect(asked).toBeLessThan(2 * ids.length);
});
