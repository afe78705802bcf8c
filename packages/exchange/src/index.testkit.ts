export { createAccountKey } from "./account-keys.testkit.ts";
export { signGenesis, toAgency, toAuthority, toClearance, toPolicySet, toTerms } from "./genesis.testkit.ts";
export { createInputs } from "./history.testkit.ts";
export {
  createTestLedger,
  decideOn,
  forgeRecord,
  startTestLedger,
  TEST_DECIDER,
  type TestLedger,
  toContent,
} from "./ledger.testkit.ts";
export { type FixedRecord, fixRecord, signRecord } from "./sign-record.ts";
export { createWorld, NOW, toAccount, toRegisteredKey, toSigningKey, type World } from "./world.testkit.ts";
