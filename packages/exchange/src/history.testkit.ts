import type { Input } from "./entry.ts";
import { toAgency, toClearance, toTerms } from "./genesis.testkit.ts";
import { NOW, toRegisteredKey, type World } from "./world.testkit.ts";

/** What lays duties on parties, stops them, moves them and ends them, each depending on what was before. */
export async function createDutyInputs(world: World): Promise<Input[]> {
  const clear = { classification: "unclassified" };
  const request = await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], clear);
  const told = await world.message("AL-SPOC", ["RS-SPOC"], { kind: "notification", ...clear });
  const thread = { re: request.ref, thread: request.ref.id, ...clear };
  const own = { re: told.ref, thread: told.ref.id, ...clear };
  const bare = { kind: "acknowledgement", purpose: undefined, classification: undefined };
  const question = await world.message("RS-SPOC", ["AL-SPOC"], { kind: "clarification", ...thread });
  const asked = { ...thread, re: question.ref };
  const sent = await Promise.all([
    world.message("AL-SPOC", ["RS-SPOC"], { kind: "answer", ...asked }),
    world.message("RS-SPOC", ["AL-SPOC"], { kind: "answer", ...thread }),
    world.message("RS-FIU", ["AL-SPOC"], { kind: "refusal", ground: "not-available", ...thread }),
    world.message("RS-FIU", ["AL-SPOC"], {
      ...{ kind: "delay", reason: "technical", until: NOW + 12 * 86_400, ...thread },
    }),
    world.message("AL-SPOC", ["RS-SPOC"], { kind: "correction", action: "erase", ...thread }),
    world.message("AL-SPOC", ["RS-FIU"], { kind: "notification", derivedFrom: [told.ref], ...clear }),
    world.message("AL-SPOC", ["RS-SPOC"], { kind: "correction", action: "rectify", ...own }),
    world.message("RS-SPOC", ["AL-SPOC"], { ...own, ...bare, status: "rectified" }),
    world.message("AL-CUSTOMS", ["RS-FIU"], {
      ...{ kind: "notification", override: { code: "imminent-threat-to-life" }, ...clear },
      deleteBy: NOW + 86_400,
    }),
  ]);
  return [request, told, question, ...sent].map(({ input }) => input);
}

/**
 * Inputs of every kind, good and bad, that depend on each other's order: what a test draws its histories
 * from.
 */
export async function createInputs(world: World): Promise<Input[]> {
  const request = await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], {}, { text: "secret" });
  const consent = await world.message("RS-SPOC", ["AL-SPOC"], {
    ...{ kind: "consent", re: request.ref, thread: request.ref.id },
    grant: {
      ...{ of: request.ref, recipients: ["AL-CUSTOMS"], purposes: ["investigation"] },
      ...{ permits: ["forward"], until: 1_900_000_000 },
    },
  });
  const thread = { thread: request.ref.id, re: request.ref };
  const marked = { classification: "unclassified", handling: "H1" };
  const sent = await Promise.all([
    world.message("RS-SPOC", ["AL-SPOC"], {
      kind: "acknowledgement",
      status: "received",
      purpose: undefined,
      ...thread,
    }),
    world.message("RS-SPOC", ["AL-SPOC"], {
      kind: "acknowledgement",
      status: "read",
      purpose: undefined,
      ...thread,
    }),
    world.message("RS-FIU", ["AL-SPOC"], {
      kind: "answer",
      ...thread,
      ...marked,
      derivedFrom: [request.ref],
    }),
    world.message("RS-SPOC", ["AL-CUSTOMS"], { derivedFrom: [request.ref], consents: [consent.ref] }),
    world.message("RS-SPOC", ["AL-SPOC"], {
      kind: "consent-withdrawal",
      re: consent.ref,
      thread: request.ref.id,
    }),
    world.message("AL-CUSTOMS", ["RS-FIU", "RS-SPOC"], {
      classification: "restricted",
      personal: { subjects: [{ category: "suspect" }] },
    }),
    world.message("AL-CUSTOMS", ["RS-FIU"], { id: request.ref.id, thread: request.ref.id }),
    world.message("AL-SPOC", ["RS-FIU"], { id: request.ref.id, thread: request.ref.id }),
    world.message("AL-SPOC", ["RS-SPOC"], {}, { key: "spare" }),
    world.message("AL-SPOC", ["RS-SPOC"], {}, { through: "RS-FIU" }),
    world.message("AL-CUSTOMS", ["RS-SPOC"], {}, { isGivenUp: true }),
    world.statement(
      "AL",
      toAgency("AL-SPOC", { version: 2, keys: [toRegisteredKey("AL-SPOC"), toRegisteredKey("spare")] }),
    ),
    world.statement("AL", toAgency("AL-SPOC", { version: 2, status: "revoked" })),
    world.statement("RS", toAgency("RS-FIU", { version: 2, status: "suspended" })),
    world.statement("RS", toClearance("RS-FIU", { version: 2, level: "unclassified" })),
    world.message("RS-FIU", ["AL-SPOC"]),
    world.message("AL-CUSTOMS", ["RS-SPOC"], { copies: ["MK-SPOC"] }),
    world.statement("AL", toTerms({ version: 2 })),
    world.statement("RS", toTerms({ version: 2 })),
  ]);
  return [request, consent, ...sent].map(({ input }) => input).concat(world.bytes("AL-SPOC", "garbage"));
}
