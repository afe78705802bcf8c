import type { AgencyNode } from "@leix/client";
import { LeixError } from "@leix/protocol";

/** Keys are those that are known here, broker or not. */
export async function learnMembership(node: Pick<AgencyNode, "refreshMembership">): Promise<void> {
  try {
    await node.refreshMembership();
  } catch (error) {
    if (!(error instanceof LeixError) || !error.code.startsWith("broker/")) throw error;
  }
}
