import type { AgencyId, AgencyStatement, LocalKey, RegisteredKey } from "@leix/protocol";
import { expect, test } from "vitest";
import { NOW } from "./exchange.testkit.ts";
import { createKeyChoice } from "./key-choice.ts";
import { createSigningPair } from "./membership-change.testkit.ts";

/** What the membership says, and what is in the folder. */
function createCase() {
  const [old, next] = [createSigningPair(), createSigningPair()];
  const registered: RegisteredKey[] = [old.registered];
  const withdrawn = new Set<string>();
  const inFolder: LocalKey[] = [old.key];
  let [count, loads] = [1, 0];
  const choose = createKeyChoice({
    agency: "AL-CUSTOMS" as AgencyId,
    use: "sig",
    first: old.key,
    load: async () => {
      loads++;
      return [...inFolder];
    },
    membership: {
      get count() {
        return count;
      },
      findAgency: () => ({ keys: registered }) as unknown as AgencyStatement,
      findKey: (kid) => {
        const key = registered.find((one) => one.kid === kid);
        if (!key) return undefined;
        return { party: "AL-CUSTOMS" as AgencyId, key, ...(withdrawn.has(kid) ? { withdrawnAt: 1 } : {}) };
      },
    },
    clock: () => NOW * 1_000,
  });
  return { old, next, registered, withdrawn, inFolder, choose, learn: () => count++, loads: () => loads };
}

const kidOf = async (choose: ReturnType<typeof createCase>["choose"]) => (await choose()).kid;

test("the folder is not read for what is there already", async () => {
  const { choose, old, loads } = createCase();
  expect(await kidOf(choose)).toBe(old.key.kid);
  expect(loads()).toBe(0);
});

test("a key that waits in the folder is chosen once it is registered, as the newest", async () => {
  const { choose, old, next, registered, inFolder, learn } = createCase();
  inFolder.push(next.key);
  expect(await kidOf(choose)).toBe(old.key.kid);
  registered.push({ ...next.registered, nbf: next.registered.nbf + 1 } as RegisteredKey);
  learn();
  expect(await kidOf(choose)).toBe(next.key.kid);
});

test("a key that is registered and not here is sought once for each state of the membership", async () => {
  const { choose, old, next, registered, inFolder, learn, loads } = createCase();
  registered.push(next.registered);
  expect([await kidOf(choose), await kidOf(choose)]).toEqual([old.key.kid, old.key.kid]);
  expect(loads()).toBe(1);
  inFolder.push(next.key);
  learn();
  expect(await kidOf(choose)).toBe(next.key.kid);
});

test("a key that is withdrawn, ended or not begun is not chosen while another counts", async () => {
  const { choose, old, next, registered, withdrawn, inFolder, learn } = createCase();
  inFolder.push(next.key);
  registered.push({ ...next.registered, nbf: NOW + 60 } as RegisteredKey);
  expect(await kidOf(choose)).toBe(old.key.kid);
  registered[1] = next.registered;
  withdrawn.add(old.key.kid);
  learn();
  expect(await kidOf(choose)).toBe(next.key.kid);
  withdrawn.add(next.key.kid);
  // Neither counts: the exchange says what is wrong.
  expect([old.key.kid, next.key.kid]).toContain(await kidOf(choose));
});
