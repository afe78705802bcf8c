import type { Digest } from "@leix/protocol";
import { tidyQueue } from "./duties.ts";
import type { Entry } from "./entry.ts";
import { beginEpochs, foldSeal } from "./epochs.ts";
import { countDenial, countRefusal, foldFlood, toRejectionKey } from "./flood.ts";
import { foldMessage } from "./fold-message.ts";
import { foldStatement } from "./fold-statement.ts";
import { foldLapse } from "./lapse.ts";
import { recallSigned, tidyRecalls } from "./recalls.ts";
import { keepEvent, keepFlood, keepRejection, sweep } from "./retention.ts";
import { absorbLayer, createLayer, type State, toStatementKey } from "./state.ts";

/**
 * Applies one record's content. `digest` is that of the signing input of the decision over it. Throws
 * `statement/policy-set`, and has changed nothing, where a set was recorded that does not load: never one
 * that `step` let pass.
 */
export function fold(state: State, entry: Entry, digest: Digest): void {
  switch (entry.kind) {
    case "message":
      countDenial(state, entry);
      foldMessage(state, entry);
      break;
    case "statement":
      foldOnLayer(state, entry);
      break;
    case "rejection":
      state.rejections.set(toRejectionKey(entry.input), toRecordedPlace(entry));
      keepRejection(state, toRejectionKey(entry.input), entry.at);
      countRefusal(state, entry);
      break;
    case "flood":
      foldFlood(state, entry);
      keepFlood(state, entry.index, entry.at);
      break;
    case "event":
      state.events.set(entry.input.digest, toRecordedPlace(entry));
      keepEvent(state, entry.input.digest, entry.at);
      foldLapse(state, entry.lapse, entry.at);
      break;
    case "seal":
      state.events.set(entry.input.digest, toRecordedPlace(entry));
      keepEvent(state, entry.input.digest, entry.at);
      foldSeal(state, entry);
  }
  if (entry.index === 0) beginEpochs(state, entry.at);
  sweep(state, entry.at);
  tidyQueue(state);
  tidyRecalls(state);
  state.head = { index: entry.index + 1, prev: digest, at: entry.at };
}

function foldOnLayer(state: State, entry: Extract<Entry, { kind: "statement" }>): void {
  const layer = createLayer(state);
  if (entry.statement.kind === "compromise") recallSigned(layer, entry.statement, entry.at);
  foldStatement(layer, entry.statement);
  const place = { ...toRecordedPlace(entry), digest: entry.input.digest };
  layer.statements.set(toStatementKey(entry.statement), place);
  absorbLayer(state, layer);
}

function toRecordedPlace({ index, input }: Entry) {
  return { index, sequence: input.sequence };
}
