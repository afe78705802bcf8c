import { encodeVerifierKey, type ProvenFork } from "@leix/tlog";

/** What a proof proves, for whoever was handed the file. Roots as the notes have them. */
export function toForkText(proven: ProvenFork): string[] {
  const { origin, first, second } = toForkJson(proven);
  const one = `One checkpoint is of ${first.size} records, root ${first.root}.`;
  const isOneKey = first.key === second.key;
  const signer = isOneKey ? `the key ${first.key}` : `its keys ${first.key} and ${second.key}`;
  const said = [`Proven: ${origin} has signed two histories, with ${signer}.`, one];
  if (first.size === second.size) {
    return [...said, `The other is of as many records, root ${second.root}.`];
  }
  const root = toBase64(proven.root);
  return [
    ...said,
    `The other is of ${second.size} records, root ${second.root}.`,
    `The first ${first.size} of these have the root ${root}, so it does not extend the one.`,
  ];
}

/** The same for programs; `root` is of the second's beginning, as large as the first. */
export function toForkJson({ origin, first, second, root, keys }: ProvenFork) {
  const toTree = (tree: ProvenFork["first"], key: ProvenFork["keys"][number]) => {
    return { size: tree.size, root: toBase64(tree.root), key: encodeVerifierKey(key) };
  };
  return { origin, first: toTree(first, keys[0]), second: toTree(second, keys[1]), root: toBase64(root) };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
