import { iterateList, toList } from "./linked-list.ts";
import { type JsonForm, PackedMap } from "./packed/packed-map.ts";
import type { RecordedMessage } from "./recorded.ts";

/** As JSON, with the list of what was made from it as an array. */
type PlainMessage = Omit<RecordedMessage, "derived"> & { readonly derived: readonly string[] };

export const MESSAGE_FORM: JsonForm<RecordedMessage> = {
  toJson: ({ derived, ...rest }) => ({ ...rest, derived: [...iterateList(derived)] }) satisfies PlainMessage,
  fromJson: (json) => {
    const { derived, ...rest } = json as PlainMessage;
    return { ...rest, derived: toList(derived) };
  },
};

/** Messages stay for years, and nearly all that is asked is of the last days. */
export function createPackedMessages(): PackedMap<RecordedMessage> {
  return new PackedMap(MESSAGE_FORM);
}
