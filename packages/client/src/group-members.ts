import { type AgencyId, GroupId, type GroupStatement, LeixError } from "@leix/protocol";
import type { Draft } from "./draft.ts";

export interface GroupOptions {
  readonly sender: AgencyId;
  readonly findGroup: (id: GroupId) => GroupStatement | undefined;
  readonly isActive: (id: AgencyId) => boolean;
}

/** Whom a draft is to, and the version of the group that says so, if it is to one. */
export interface Addressed {
  readonly to: readonly string[];
  readonly group?: { readonly id: GroupId; readonly version: number };
}

/**
 * A draft to a group is to all of its other members that take part now, by the version that is known here:
 * whom it left out the others could not see. Throws `claims/group-unknown` where there is none, it has ended,
 * or the sender is not in it, `claims/group-members` where the draft names others beside it, and
 * `claims/recipients` where nobody else is in it.
 */
export function addressGroup(draft: Draft, { sender, findGroup, isActive }: GroupOptions): Addressed {
  if (draft.group === undefined) return { to: draft.to };
  const id = GroupId.safeParse(draft.group).data;
  const group = id && findGroup(id);
  if (!id || !group || group.ended || !group.members.includes(sender)) {
    throw new LeixError("claims/group-unknown", draft.group.slice(0, 60));
  }
  const others = group.members.filter((member) => member !== sender);
  const stranger = draft.to.find((named) => !others.some((member) => member === named));
  if (stranger !== undefined) throw new LeixError("claims/group-members", stranger);
  return { to: others.filter(isActive), group: { id, version: group.version } };
}
