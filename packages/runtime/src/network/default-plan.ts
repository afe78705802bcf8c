import { LeixError } from "@leix/protocol";
import { type AgencyPlan, type AuthorityPlan, type NetworkPlan, parsePlan, type TermsPlan } from "./plan.ts";

/** What may be chosen without writing a plan; whatever is left out is that of the sample network. */
export interface PlanChoices {
  readonly exchange?: string;
  readonly countries?: readonly string[];
  readonly agencies?: readonly AgencyChoice[];
  readonly profile?: string;
  readonly hosts?: readonly string[];
  readonly listen?: string;
  readonly port?: number;
  readonly monitorPort?: number;
  readonly logHosts?: readonly string[];
  readonly logPort?: number;
  readonly witnessQuorum?: number;
}

export interface AgencyChoice {
  readonly id: string;
  readonly type: string;
  readonly role: string;
}

export const BROKER_PORT_DEFAULT = 4222;
const EXCHANGE_DEFAULT = "demo.leix.example";
const COUNTRIES_DEFAULT = ["AL", "RS", "ME", "MK"];
const AGENCIES_BESIDE_SPOCS: readonly AgencyChoice[] = [
  { id: "AL-CUSTOMS", type: "customs", role: "designated" },
  { id: "RS-FIU", type: "fiu", role: "designated" },
];
const LOOPBACK = "127.0.0.1";

const TERMS_DEFAULT: Omit<TermsPlan, "profile"> = {
  personal: ["treaty", "safeguards"],
  ceiling: "confidential",
  purposes: [],
};

const COUNTRIES: Readonly<Record<string, { name: string; language: string; zone: string }>> = {
  AL: { name: "Albania", language: "sq", zone: "Europe/Tirane" },
  BA: { name: "Bosnia and Herzegovina", language: "bs", zone: "Europe/Sarajevo" },
  ME: { name: "Montenegro", language: "sr", zone: "Europe/Podgorica" },
  MK: { name: "North Macedonia", language: "mk", zone: "Europe/Skopje" },
  RS: { name: "Serbia", language: "sr", zone: "Europe/Belgrade" },
  // The time-zone database has no zone of its own for Kosovo, whose clocks are those of Belgrade.
  XK: { name: "Kosovo", language: "sq", zone: "Europe/Belgrade" },
};

/**
 * A whole plan from few choices. Without any it is the sample network: four countries, their SPOCs, one
 * customs administration and one financial intelligence unit. Throws `config/invalid` where the choices make
 * no network.
 */
export function createPlan(choices: PlanChoices = {}): NetworkPlan {
  const countries = choices.countries ?? COUNTRIES_DEFAULT;
  const agencies = choices.agencies ?? listDefaultAgencies(countries);
  const isLocal = choices.hosts === undefined || choices.hosts.length === 0;
  return parsePlan({
    exchange: choices.exchange ?? EXCHANGE_DEFAULT,
    channelCeiling: "confidential",
    ...(choices.witnessQuorum === undefined ? {} : { witnessQuorum: choices.witnessQuorum }),
    authorities: countries.map((country) => toAuthority(country, agencies)),
    agencies: agencies.map(toAgency),
    terms: { everyPair: { ...TERMS_DEFAULT, profile: choices.profile ?? "2023" } },
    broker: {
      hosts: isLocal ? [LOOPBACK] : choices.hosts,
      port: choices.port ?? BROKER_PORT_DEFAULT,
      listen: choices.listen ?? (isLocal ? LOOPBACK : "0.0.0.0"),
      ...(choices.monitorPort === undefined ? {} : { monitorPort: choices.monitorPort }),
    },
    ...(choices.logPort === undefined ? {} : { log: toLog(choices, choices.logPort) }),
  });
}

/** Beside the broker, unless it is said where. */
function toLog({ logHosts, hosts }: PlanChoices, port: number): { hosts: readonly string[]; port: number } {
  const found = [logHosts, hosts].find((names) => names !== undefined && names.length > 0);
  return { hosts: found ?? [LOOPBACK], port };
}

function listDefaultAgencies(countries: readonly string[]): AgencyChoice[] {
  const spocs = countries.map((country) => ({ id: `${country}-SPOC`, type: "police", role: "spoc" }));
  const others = AGENCIES_BESIDE_SPOCS.filter(({ id }) => countries.includes(id.slice(0, 2)));
  return [...spocs, ...others];
}

/** Zone and language are known for the parties of the Declaration; other countries need a plan file. */
function toAuthority(country: string, agencies: readonly AgencyChoice[]): Unchecked<AuthorityPlan> {
  const spoc = agencies.find(({ id, role }) => role === "spoc" && id.startsWith(`${country}-`));
  if (!spoc) throw new LeixError("config/invalid", `${country} has no agency with the role spoc`);
  const known = COUNTRIES[country];
  if (!known) {
    const names = Object.keys(COUNTRIES).join(", ");
    throw new LeixError("config/invalid", `without a plan file the countries are ${names}; not ${country}`);
  }
  const { name, language, zone } = known;
  return { country, name: `${name}, country authority`, languages: [language, "en"], zone, spoc: spoc.id };
}

/** Single points of contact are cleared for confidential, everyone else for restricted. */
function toAgency({ id, type, role }: AgencyChoice): Unchecked<AgencyPlan> {
  const clearance = role === "spoc" ? "confidential" : "restricted";
  const name = `${toCountryName(id.slice(0, 2))}, ${role === "spoc" ? "single point of contact" : type}`;
  return { id, name, type, role, clearance };
}

type Unchecked<T> = { readonly [K in keyof T]: unknown };

function toCountryName(country: string): string {
  return COUNTRIES[country]?.name ?? country;
}
