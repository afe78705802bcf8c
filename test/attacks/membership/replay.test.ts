import { join } from "node:path";
import { invariant, type MessageId } from "@leix/protocol";
import { NETWORK_FILES } from "@leix/runtime";
import {
  findSigningDigest,
  startProgram,
  type TestProgram,
  toNow,
  untilIdle,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, listKeys, publishStatement, startAssault } from "../assault.ts";
import { toProofs } from "../proofs.ts";

/** What was once true, said again when it is not any more: by a party, by an authority, by a clock. */
const DAY = 86_400;

let assault: Assault;
beforeAll(async () => {
  assault = await startAssault();
  // Asleep, it does not tell the broker, which would cut off a party that is revoked.
  assault.exchange.running.service("registry").pause();
});
afterAll(async () => {
  assault?.exchange.running.service("registry").resume();
  await assault?.[Symbol.asyncDispose]();
});

describe("after a revocation", () => {
  const REVOKED = "AL-SPOC";
  /** What made it an active agency, as it was published, and a clearance of then. */
  let genuine: Uint8Array;
  const send = async () => assault.send(await assault.forge.message(REVOKED, [ATTACKER]), REVOKED);
  beforeAll(async () => {
    genuine = await assault.forge.statement("agency", REVOKED, { version: 2 });
    expect(await publishStatement(assault.exchange, "AL", genuine)).toBe("recorded");
    expect(await send()).toBe("permitted");
    expect(await assault.state("AL", "agency", REVOKED, { version: 3, status: "revoked" })).toBe("recorded");
    expect(await send()).toBe("identity/party-not-active");
    await untilIdle(assault.exchange);
  });

  it("its own message is refused: identity/party-not-active", async () => {
    const { bytes } = await assault.forge.message(REVOKED, [ATTACKER]);
    await assault.refused(bytes, "identity/party-not-active", REVOKED);
  });

  it("a message that it signed before, and dated before: identity/party-not-active", async () => {
    const { bytes } = await assault.forge.message(REVOKED, [ATTACKER], { claims: { iat: toNow() - DAY } });
    await assault.refused(bytes, "identity/party-not-active", REVOKED);
  });

  it("the statement of before, sent again by its authority, changes nothing", async () => {
    const before = await assault.exchange.countMessages("ledger");
    const wire = await assault.exchange.wire("AL");
    await wire.publish(genuine);
    const id = findSigningDigest(genuine);
    invariant(id, "it has a token");
    expect((await wire.untilAnswered(id, 2)).kind).toBe("decision");
    expect(await assault.exchange.countMessages("ledger")).toBe(before);
    expect(await send()).toBe("identity/party-not-active");
  });

  it.each([REVOKED, ATTACKER, "RS"])(
    "the statement of before, sent by %s: identity/issuer-not-account",
    async (by) => {
      await assault.refused(genuine, "identity/issuer-not-account", by);
    },
  );

  it("rollback: what made it active, under a version that was there: statement/version", async () => {
    const bytes = await assault.forge.statement("agency", REVOKED, { version: 3, iat: toNow() - DAY });
    await assault.refused(bytes, "statement/version", "AL");
  });

  it("rollback: version 1 with another time: statement/version", async () => {
    const bytes = await assault.forge.statement("agency", REVOKED, { iat: toNow() });
    await assault.refused(bytes, "statement/version", "AL");
  });
});

describe("after a key was withdrawn", () => {
  it("rollback: the keys of before come back under the next version: statement/key-taken", async () => {
    const before = listKeys(assault.forge, ATTACKER);
    const kept = before.filter(({ use }) => use !== "cosign");
    const proofs = await toProofs(assault.forge, ATTACKER, kept);
    const changes = { version: 2, keys: kept, proofs };
    expect(await assault.state("AL", "agency", ATTACKER, changes)).toBe("recorded");
    const bytes = await assault.forge.statement("agency", ATTACKER, { version: 3 });
    await assault.refused(bytes, "statement/key-taken", "AL");
  });
});

describe("terms that one side alone signs", () => {
  const loose = {
    ended: false,
    personal: [],
    ceiling: "confidential",
    profile: "2023",
    purposes: ["prosecution"],
  };
  const prosecute = async () => {
    const claims = { purpose: "prosecution" };
    return assault.send(
      await assault.forge.message(ATTACKER, ["RS-SPOC"], { claims: { ...claims, copies: [] } }),
    );
  };
  const sign = (by: string, changes: object) => assault.state(by, "terms", "AL+RS", { iss: by, ...changes });

  it("twice are still one signature: they are not in force", async () => {
    const denied = await prosecute();
    expect(denied).toBe("denied");
    expect(await sign("AL", { version: 2, terms: loose })).toBe("recorded");
    expect(await sign("AL", { version: 3, terms: loose })).toBe("recorded");
    expect(await prosecute()).toBe(denied);
  });

  it("twice under one version: statement/version", async () => {
    const bytes = await assault.forge.statement("terms", "AL+RS", {
      iss: "AL",
      version: 3,
      iat: toNow() - 1,
    });
    await assault.refused(bytes, "statement/version", "AL");
  });

  it("through the other's account: identity/issuer-not-account", async () => {
    const bytes = await assault.forge.statement("terms", "AL+RS", { iss: "AL", version: 4, terms: loose });
    await assault.refused(bytes, "identity/issuer-not-account", "RS");
  });

  it("rollback: an older version than its own last: statement/version", async () => {
    const bytes = await assault.forge.statement("terms", "AL+RS", {
      iss: "AL",
      version: 2,
      // What was recorded as version 2 would be its repeat, if the second were the same.
      terms: { ...loose, ceiling: "unclassified" },
    });
    await assault.refused(bytes, "statement/version", "AL");
  });

  it("and other content under the same version is no agreement", async () => {
    const other = { ...loose, ceiling: "restricted" };
    expect(await sign("RS", { version: 3, terms: other })).toBe("recorded");
    expect(await prosecute()).toBe("denied");
  });

  it("are in force when the other has signed the same (control)", async () => {
    expect(await sign("AL", { version: 4, terms: loose })).toBe("recorded");
    expect(await sign("RS", { version: 4, terms: loose })).toBe("recorded");
    expect(await prosecute()).not.toBe("denied");
  });

  it("rollback: once ended, the version before comes back with nobody: statement/version", async () => {
    expect(await sign("RS", { version: 5, terms: { ...loose, ended: true } })).toBe("recorded");
    expect(await prosecute()).toBe("denied");
    const bytes = await assault.forge.statement("terms", "AL+RS", {
      iss: "AL",
      version: 4,
      terms: loose,
      iat: toNow(),
    });
    await assault.refused(bytes, "statement/version", "AL");
  });
});

describe("a sender's clock", () => {
  const now = toNow();
  const toId = (seconds: number) => {
    const hex = (seconds * 1_000).toString(16).padStart(12, "0");
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000` as MessageId;
  };
  it.each([
    ["set back by two months", "claims/too-old", { iat: now - 60 * DAY }],
    ["set back to 1970", "claims/too-old", { iat: 0 }],
    ["set ahead by an hour", "claims/issued-in-future", { iat: now + 3_600 }],
    ["set ahead to the last time there is", "claims/issued-in-future", { iat: 253_402_300_799 }],
    ["set back in its id alone", "claims/too-old", { id: toId(now - 60 * DAY) }],
    ["set ahead in its id alone", "claims/issued-in-future", { id: toId(now + DAY) }],
    ["that is no number", "input/schema", { iat: "now" }],
    ["before time", "input/schema", { iat: -1 }],
  ] as const)("%s: %s", async (_name, code, changes) => {
    const thread = "id" in changes ? { thread: changes.id } : {};
    await assault.refused((await assault.message({ claims: { ...changes, ...thread } })).bytes, code);
  });

  it("set back to when an ended key was good: jws/key-not-valid", async () => {
    const sender = "MK-SPOC";
    const keys = listKeys(assault.forge, sender).map((key) =>
      key.use === "sig" ? { ...key, exp: toNow() - 60 } : key,
    );
    expect(await assault.state("MK", "agency", sender, { version: 2, keys })).toBe("recorded");
    const { bytes } = await assault.forge.message(sender, ["ME-SPOC"], { claims: { iat: toNow() - 3_600 } });
    await assault.refused(bytes, "jws/key-not-valid", sender);
  });
});

describe("the policy service's clock, set back by a day", () => {
  let program: TestProgram;
  beforeAll(async () => {
    await untilIdle(assault.exchange);
    await assault.exchange.running.service("policy").stop();
    program = await startPolicyAt(-DAY);
  });
  afterAll(() => program?.[Symbol.asyncDispose]());

  async function startPolicyAt(shiftSeconds: number): Promise<TestProgram> {
    const { dir, broker } = assault.exchange;
    const shift = `const now = Date.now; Date.now = () => now() + ${shiftSeconds * 1_000};`;
    const started = await startProgram({
      file: new URL("../../../services/policy/src/main.ts", import.meta.url),
      env: {
        LEIX_NETWORK: dir,
        LEIX_NATS_URL: broker.natsUrl,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}`,
      },
      logFile: join(dir, NETWORK_FILES.log, "policy.log"),
    });
    await started.untilSaid('"event":"policy.started"');
    return started;
  }

  it("does not set the ledger's time back", async () => {
    const last = (await assault.exchange.records()).at(-1);
    invariant(last, "there are records");
    // One of its recipients is revoked.
    expect(await assault.send(await assault.message())).toBe("partly-permitted");
    const next = (await assault.exchange.records()).at(-1);
    expect(next?.decision.content.at).toBeGreaterThanOrEqual(last.decision.content.at);
    expect(next?.decision.content.received).toBeGreaterThanOrEqual(toNow() - 600);
  });

  it("makes no old message young, and no ended key good", async () => {
    const { bytes } = await assault.message({ claims: { iat: toNow() - 30 * DAY - 60 } });
    await assault.refused(bytes, "claims/too-old");
    const sent = await assault.forge.message("MK-SPOC", ["ME-SPOC"]);
    await assault.refused(sent.bytes, "jws/key-not-valid", "MK-SPOC");
  });

  it("and the auditor agrees with all of it", async () => {
    await waitUntil("an idle exchange", async () => (await assault.exchange.countMessages("out")) === 0);
    const replay = await assault.exchange.audit();
    expect(replay.differences).toEqual([]);
  });
});
