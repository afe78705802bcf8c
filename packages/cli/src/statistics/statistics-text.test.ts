import type { ExchangeStatistics } from "@leix/protocol";
import { expect, test } from "vitest";
import { createPaper } from "../messages/paper.ts";
import { writeStatistics } from "./statistics-text.ts";

const statistics = { records: 9, pairs: [] } as unknown as ExchangeStatistics;

test.each([
  ["2027", "2027-12-31T23:59:59Z", true],
  ["2027", "2028-01-01T00:00:00Z", false],
  ["2027-05", "2027-05-31T23:59:59Z", true],
  ["2027-12", "2028-01-01T00:00:00Z", false],
])("figures of %s, read at %s, say whether that is over", (period, now, isOpen) => {
  let written = "";
  const paper = createPaper({ write: (text) => (written += text) });
  writeStatistics(paper, { period, statistics }, Date.parse(now));
  expect(written).toContain(`Requests of ${period}, counted in 9 records`);
  expect(written.includes("not over")).toBe(isOpen);
});
