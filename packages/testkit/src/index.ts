export {
  startTestBroker,
  TestBroker,
  type TestBrokerOptions,
  type TestConnection,
  type TestKeyPair,
  type TestParty,
} from "./broker.ts";
