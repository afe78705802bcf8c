import { AgencyId, encodeCanonical, limits, type Statement, toDigest } from "@leix/protocol";
import { expect, test } from "vitest";
import { toAgency } from "./genesis.testkit.ts";
import { startTestLedger } from "./ledger.testkit.ts";
import { createLayer } from "./state.ts";
import { judgeLimits } from "./statement-limits.ts";
import { createWorld } from "./world.testkit.ts";

const common = { v: 1, aud: "test.example", iat: 0, version: 1 };

test("an authority enrols so many agencies and no more, and may always change those it has", async () => {
  const { state } = await startTestLedger(createWorld());
  const layer = createLayer(state);
  const party = state.parties.get(AgencyId.parse("AL-SPOC"));
  const enrol = (id: string, iss: string) => {
    const statement = { ...common, ...toAgency("AL-SPOC"), subject: id, iss } as unknown as Statement;
    return judgeLimits(layer, statement)?.code;
  };
  expect(enrol("AL-NEW", "AL")).toBeUndefined();
  for (let i = 0; i < limits.AGENCIES_PER_COUNTRY_MAX; i++) {
    const id = AgencyId.parse(`AL-N${i}`);
    if (party) layer.parties.set(id, { ...party, id });
  }
  expect(enrol("AL-NEW", "AL")).toBe("statement/limit");
  expect(enrol("AL-SPOC", "AL")).toBeUndefined();
  expect(enrol("RS-NEW", "RS")).toBeUndefined();
});

test("an authority records so many files of policy sets and no more", async () => {
  const { state } = await startTestLedger(createWorld());
  const layer = createLayer(state);
  const record = (iss: string) => {
    const subject = toDigest(encodeCanonical({ iss }));
    const content = { kind: "policy-file", subject, iss, name: "P99.cedar", content: "x" };
    return judgeLimits(layer, { ...common, ...content } as unknown as Statement)?.code;
  };
  expect(record("AL")).toBeUndefined();
  for (let i = 0; i < limits.POLICY_FILES_PER_AUTHORITY_MAX; i++) {
    const place = { index: i, sequence: i, digest: toDigest(`${i}`) };
    layer.statements.set(`policy-file/${i}/1/AL`, place);
  }
  expect(record("AL")).toBe("statement/limit");
  expect(record("RS")).toBeUndefined();
});
