import { type ErrorCode, limits } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { signGenesis, toAgency } from "./genesis.testkit.ts";
import { createTestLedger, decideOn, startTestLedger, type TestLedger, toWord } from "./ledger.testkit.ts";
import { createLayer } from "./state.ts";
import { createWorld, NOW, type Sent, toEncryptionKey, toRegisteredKey } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

/** What one input becomes on top of the ledger, which stays as it is. */
async function decide(sent: Heard | Promise<Heard>, on: TestLedger = ledger): Promise<string> {
  const [decided] = await decideOn(on.world, createLayer(on.state), [(await sent).input]);
  return toWord(decided);
}
type Heard = Pick<Sent, "input">;

const to = ["RS-SPOC"];

describe("identity", () => {
  test("account, key and iss of the same agency", async () => {
    expect(await decide(world.message("AL-SPOC", to))).toBe("permitted");
  });

  const mismatches: [string, Parameters<typeof world.message>][] = [
    ["iss is another's", ["AL-SPOC", to, { iss: "AL-CUSTOMS" }]],
    ["the key is another's", ["AL-SPOC", to, {}, { key: "AL-CUSTOMS" }]],
    ["the account is another's", ["AL-SPOC", to, {}, { through: "AL-CUSTOMS" }]],
    ["only the account is one's own", ["AL-SPOC", to, { iss: "AL-CUSTOMS" }, { key: "AL-CUSTOMS" }]],
    ["only the key is one's own", ["AL-SPOC", to, { iss: "AL-CUSTOMS" }, { through: "AL-CUSTOMS" }]],
    ["only iss is one's own", ["AL-SPOC", to, {}, { key: "AL-CUSTOMS", through: "AL-CUSTOMS" }]],
    ["an authority's key", ["AL-SPOC", to, {}, { key: "AL" }]],
  ];
  test.each(mismatches)("%s: identity/issuer-not-account", async (_name, args) => {
    expect(await decide(world.message(...args))).toBe("identity/issuer-not-account");
  });

  test("an account that nobody has", async () => {
    expect(await decide(world.message("AL-SPOC", to, {}, { through: "MK-SPOC" }))).toBe(
      "identity/account-unknown",
    );
    expect(await decide({ input: world.bytes("MK-SPOC", "garbage") })).toBe("identity/account-unknown");
  });

  test("garbage from a known account has its own code", async () => {
    expect(await decide({ input: world.bytes("AL-SPOC", "garbage") })).toBe("input/not-json");
  });

  test("an unregistered key, a key for bodies, another algorithm", async () => {
    expect(await decide(world.message("AL-SPOC", to, {}, { key: "spare" }))).toBe("jws/key-unknown");
    const other = await startTestLedger(createWorld());
    const { kid } = toRegisteredKey("spare-p256");
    const asEncryption = { ...toRegisteredKey("spare-p256"), use: "enc", alg: "ECDH-ES+A256KW" } as never;
    await other.append(
      await other.world.statement(
        "AL",
        toAgency("AL-SPOC", { version: 2, keys: [toRegisteredKey("AL-SPOC"), asEncryption] }),
      ),
    );
    expect(other.state.keys.get(kid)?.party).toBe("AL-SPOC");
    expect(await decide(other.world.message("AL-SPOC", to, {}, { key: "spare-p256" }), other)).toBe(
      "jws/key-use",
    );
  });
});

describe("the signer's standing when the input was received", () => {
  const key = toRegisteredKey("AL-SPOC");
  test("from the key's start, before its end", async () => {
    const at = (received: number) => decide(world.message("AL-SPOC", to, {}, { at: received }));
    expect(await at(key.nbf - 1)).toBe("jws/key-not-valid");
    expect(await at(key.nbf)).toBe("permitted");
    expect(await at(key.exp - 1)).toBe("permitted");
    expect(await at(key.exp)).toBe("jws/key-not-valid");
  });

  test("a withdrawn key", async () => {
    const other = await startTestLedger(createWorld());
    const keys = [toRegisteredKey("spare"), toEncryptionKey("AL-SPOC")];
    await other.append(await other.world.statement("AL", toAgency("AL-SPOC", { version: 2, keys })));
    expect(await decide(other.world.message("AL-SPOC", to), other)).toBe("jws/key-not-valid");
    expect(await decide(other.world.message("AL-SPOC", to, {}, { key: "spare" }), other)).toBe("permitted");
  });

  test.each(["suspended", "revoked"] as const)("an agency that is %s", async (status) => {
    const other = await startTestLedger(createWorld());
    await other.append(await other.world.statement("AL", toAgency("AL-SPOC", { version: 2, status })));
    expect(await decide(other.world.message("AL-SPOC", to), other)).toBe("identity/party-not-active");
    expect(await decide(other.world.message("RS-SPOC", ["AL-SPOC"]), other)).toBe("denied");
  });
});

describe("claims", () => {
  const { CLOCK_SKEW_SECONDS_MAX: skew, MESSAGE_AGE_SECONDS_MAX: age } = limits;
  const cases: [string, Record<string, unknown>, ErrorCode | "permitted"][] = [
    ["another exchange", { aud: "other.example" }, "claims/audience"],
    ["a group", { group: { id: "AL+g", version: 1 } }, "claims/group-unknown"],
    ["a little in the future", { iat: NOW + skew }, "permitted"],
    ["too far in the future", { iat: NOW + skew + 1 }, "claims/issued-in-future"],
    ["old", { iat: NOW - age }, "permitted"],
    ["too old", { iat: NOW - age - 1 }, "claims/too-old"],
    ["a recipient twice in to", { to: ["RS-SPOC", "RS-SPOC"] }, "claims/recipients"],
    ["a recipient in to and copies", { copies: ["RS-SPOC"] }, "claims/recipients"],
    ["the sender", { copies: ["AL-SPOC"] }, "claims/recipients"],
    ["another thread than its own", { thread: world.createId() }, "claims/thread"],
  ];
  test.each(cases)("%s", async (_name, content, code) => {
    expect(await decide(world.message("AL-SPOC", to, content))).toBe(code);
  });

  test("more recipients than the limit, to and copies together", async () => {
    const many = Array.from({ length: limits.RECIPIENTS_MAX }, (_, i) => `RS-A${i}`);
    expect(await decide(world.message("AL-SPOC", many))).toBe("denied");
    expect(await decide(world.message("AL-SPOC", many, { copies: ["RS-SPOC"] }))).toBe("claims/recipients");
  });

  test("without a policy set nothing is permitted", async () => {
    const other = createTestLedger(createWorld());
    const genesis = await signGenesis(other.world);
    await other.append(...genesis.slice(0, -1));
    expect(await decide(other.world.message("AL-SPOC", to), other)).toBe("message/no-policy-set");
    await other.append(...genesis.slice(-1));
    expect(await decide(other.world.message("AL-SPOC", to), other)).toBe("permitted");
  });
});

const permitted = await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"]);
const denied = await world.message("AL-SPOC", to, { classification: "secret" });
await ledger.append(permitted, denied);

describe("threads", () => {
  const answer = (re: unknown, content: object = {}, by: "RS-SPOC" | "AL-SPOC" | "AL-CUSTOMS" = "RS-SPOC") =>
    decide(
      world.message(by, by === "RS-SPOC" ? ["AL-SPOC"] : ["RS-SPOC"], {
        ...{ kind: "answer", re, thread: permitted.ref.id },
        ...{ classification: "unclassified", handling: "H0", ...content },
      }),
    );

  test("a recipient and the sender may write in it", async () => {
    expect(await answer(permitted.ref)).toBe("permitted");
    expect(await answer(permitted.ref, {}, "AL-SPOC")).toBe("permitted");
    expect(await answer(denied.ref, { thread: denied.ref.id }, "AL-SPOC")).toBe("permitted");
  });

  test("absent, denied, held by others only, in another thread: all look the same", async () => {
    const absent = { ...permitted.ref, id: world.createId() };
    const otherDigest = { ...permitted.ref, digest: denied.ref.digest };
    const results = await Promise.all([
      answer(absent),
      answer(otherDigest),
      answer(denied.ref, { thread: denied.ref.id }),
      answer(permitted.ref, {}, "AL-CUSTOMS"),
      answer(permitted.ref, { thread: world.createId() }),
    ]);
    expect(new Set(results)).toEqual(new Set(["claims/thread"]));
    const inputs = [absent, denied.ref].map((re) =>
      world.message("RS-SPOC", ["AL-SPOC"], { kind: "answer", re, thread: re.id }),
    );
    const decided = await decideOn(
      world,
      createLayer(ledger.state),
      (await Promise.all(inputs)).map(({ input }) => input),
    );
    const details = decided.map(
      (one) => one.kind === "record" && one.entry.kind === "rejection" && one.entry.detail,
    );
    expect(new Set(details)).toEqual(new Set([""]));
  });

  test("an acknowledgement goes to the sender of what it acknowledges, alone", async () => {
    const acknowledge = (recipients: string[]) =>
      decide(
        world.message("RS-SPOC", recipients, {
          ...{ kind: "acknowledgement", status: "received", purpose: undefined },
          ...{ re: permitted.ref, thread: permitted.ref.id },
        }),
      );
    expect(await acknowledge(["AL-SPOC"])).toBe("permitted");
    expect(await acknowledge(["AL-CUSTOMS"])).toBe("claims/recipients");
    expect(await acknowledge(["AL-SPOC", "AL-CUSTOMS"])).toBe("claims/recipients");
  });
});

describe("keys of the body", () => {
  test("a key for each of to and copies", async () => {
    const sent = world.message("AL-SPOC", to, { copies: ["RS-FIU"] }, { text: "text" });
    expect(await decide(sent)).toBe("permitted");
  });

  test.each([
    ["a recipient without a key", ["RS-SPOC"], ["RS-FIU"]],
    ["a key of nobody", ["RS-SPOC"], ["spare"]],
    ["one key too many", ["RS-SPOC"], ["RS-SPOC", "AL-CUSTOMS"]],
    ["one key too few", ["RS-SPOC", "RS-FIU"], ["RS-SPOC"]],
  ] as const)("%s", async (_name, recipients, keys) => {
    const sent = world.message("AL-SPOC", recipients, {}, { text: "text", readers: keys });
    expect(await decide(sent)).toBe("body/recipients-keys");
  });

  test("a key that was withdrawn, and one that is not yet valid", async () => {
    const other = await startTestLedger(createWorld());
    const later = toEncryptionKey("RS-SPOC", { nbf: NOW + 1 });
    const sent = await other.world.message("AL-SPOC", to, {}, { text: "text" });
    expect(await decide(sent, other)).toBe("permitted");
    await other.append(
      await other.world.statement(
        "RS",
        toAgency("RS-SPOC", { version: 2, keys: [toRegisteredKey("RS-SPOC"), later] }),
      ),
    );
    expect(await decide(sent, other)).toBe("body/recipients-keys");
    await other.append(
      await other.world.statement(
        "RS",
        toAgency("RS-SPOC", { version: 3, keys: [toRegisteredKey("RS-SPOC")] }),
      ),
    );
    expect(await decide(sent, other)).toBe("body/recipients-keys");
  });
});

describe("room in the inbox", () => {
  test("a full recipient stops a message, but not an acknowledgement", async () => {
    const received = await world.message("RS-SPOC", ["AL-SPOC"]);
    await ledger.append(received);
    const decideWith = async (messages: number, sent: Promise<Sent>, bytes = 0) => {
      const layer = createLayer(ledger.state);
      for (const place of places) layer.unacknowledged.set(place, { messages, bytes });
      return toWord((await decideOn(world, layer, [(await sent).input]))[0]);
    };
    let places = ["AL-SPOC", "RS-SPOC"];
    const full = limits.INBOX_OUTSTANDING_MAX;
    expect(await decideWith(full - 1, world.message("AL-SPOC", to))).toBe("permitted");
    expect(await decideWith(full, world.message("AL-SPOC", to))).toBe("message/recipient-full");
    const claims = { kind: "acknowledgement", status: "received", purpose: undefined, re: received.ref };
    const acknowledgement = world.message("AL-SPOC", to, { ...claims, thread: received.ref.id });
    expect(await decideWith(full, acknowledgement)).toBe("permitted");
    const bytesFull = limits.INBOX_OUTSTANDING_BYTES_MAX + 1;
    expect(await decideWith(1, world.message("AL-SPOC", to), bytesFull)).toBe("message/recipient-full");
    places = ["AL-SPOC>RS-SPOC"];
    const share = limits.PAIR_OUTSTANDING_MAX;
    expect(await decideWith(share - 1, world.message("AL-SPOC", to))).toBe("permitted");
    expect(await decideWith(share, world.message("AL-SPOC", to))).toBe("message/recipient-full");
    expect(await decideWith(share, world.message("AL-CUSTOMS", to))).toBe("permitted");
  });
});
