import { access } from "node:fs/promises";
import { join } from "node:path";
import type { State } from "@leix/exchange";
import type { AccountId } from "@leix/protocol";
import {
  connectParty,
  loadNetwork,
  loadPartyFolder,
  loadRunning,
  NETWORK_FILES,
  type NetworkFile,
  PARTY_FILES,
  type PartyConnection,
  toPartyPath,
} from "@leix/runtime";
