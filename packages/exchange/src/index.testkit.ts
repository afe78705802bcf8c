export { signGenesis, toAgency, toClearance, toPolicySet, toTerms } from "./genesis.testkit.ts";
export { createInputs } from "./history.testkit.ts";
export {
  createTestLedger,
  forgeRecord,
  startTestLedger,
  TEST_DECIDER,
  type TestLedger,
  toContent,
} from "./ledger.testkit.ts";
export { seal, signRecord } from "./seal.ts";
export { createWorld, NOW, toAccount, toRegisteredKey, toSigningKey, type World } from "./world.testkit.ts";
