import { AccountId } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { renderServerConfig, type ServerConfig } from "./server-config.ts";

const SYSTEM = AccountId.parse(`A${"S".repeat(55)}`);
const JWT = "eyJ0.eyJz.c2ln";
const CONFIG: ServerConfig = {
  serverName: "n1",
  listen: { host: "0.0.0.0", port: 4222 },
  operatorJwt: JWT,
  systemAccount: SYSTEM,
  preload: new Map([[SYSTEM, JWT]]),
  tls: { certFile: "tls/server.pem", keyFile: "tls/server-key.pem", caFile: "tls/ca.pem" },
  accountsFolder: "accounts",
  storeFolder: "store",
  storeBytesMax: 1_000_000,
};

describe("renderServerConfig", () => {
  it.each([
    "verify: true",
    'min_version: "1.3"',
    "handshake_first: true",
    "sync_interval: always",
    "js_ack_fc_v2: false",
    "max_payload: 1048576",
    "type: full",
    "allow_delete: false",
  ])("always says %s", (setting) => {
    expect(renderServerConfig(CONFIG)).toContain(setting);
  });

  it("opens no port but the clients'", () => {
    expect(renderServerConfig(CONFIG)).not.toMatch(
      /http|cluster|websocket|leafnodes|mqtt|gateway|no_auth_user/,
    );
  });

  it("has routes with certificates on both sides in a cluster", () => {
    const route = { host: "n2.example", port: 6222 };
    const cluster = { name: "leix", listen: { host: "0.0.0.0", port: 6222 }, routes: [route] };
    const text = renderServerConfig({ ...CONFIG, cluster });
    expect(text).toContain('"nats-route://n2.example:6222"');
    expect(text.match(/verify: true/g)).toHaveLength(2);
  });

  it.each([
    ["a name", { serverName: "n1\nport: 1" }],
    ["a host", { listen: { host: '"\nauthorization {}', port: 4222 } }],
    ["a port", { listen: { host: "0.0.0.0", port: 0 } }],
    ["a JWT", { operatorJwt: "a.b.c\nno_auth_user: x" }],
    ["a path out of the folder", { storeFolder: "../store" }],
    ["an absolute path", { accountsFolder: "/etc" }],
    ["a path with a quote", { tls: { ...CONFIG.tls, keyFile: 'k" verify: false "' } }],
  ])("refuses %s that would be another setting", (_what, change: Partial<ServerConfig>) => {
    expect(() => renderServerConfig({ ...CONFIG, ...change })).toThrow(
      expect.objectContaining({ code: "config/invalid" }),
    );
  });
});
