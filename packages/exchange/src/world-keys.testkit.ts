import type { PrivateJwk } from "@leix/protocol";

/** Fixed key pairs, so that a test's world is the same every time. They protect nothing. */
export const SIGNING_JWKS = {
  anchor: {
    kty: "OKP",
    crv: "Ed25519",
    x: "2IAfmRZikVlAGB2h9IK6d0JVbcupz8-q4mftqn0vUJE",
    d: "Ll9Nz2oITs6Q8CRhBSY1bGvf9LRE0LoETHmnlFWt1Kg",
  },
  policy: {
    kty: "OKP",
    crv: "Ed25519",
    x: "ebknFEvEg_N6rvxCgndxe0BuStDwKC5RbfX53aqJi9E",
    d: "9-u1BxJWn70yXaeno0RlGBTDyAZkzcgen18zfn6d178",
  },
  "policy-next": {
    kty: "OKP",
    crv: "Ed25519",
    x: "hBBjZ1_0w81CO_8NOOkOX24Zo7iYt_1AhtnvZkjw11Q",
    d: "iRnLXE5lnI-NCS8BRYaRGrijOjmzr_tg71XETYpnql4",
  },
  ledger: {
    kty: "OKP",
    crv: "Ed25519",
    x: "4c16okm84pfbDwfKk5JE-1WWvLeNa-ea4FrGF8nxR-Y",
    d: "WUwFumTOepuIudRuBeWj7zJfjiWgTuAHptrUDcbmcBc",
  },
  AL: {
    kty: "OKP",
    crv: "Ed25519",
    x: "NmY3A361e4Wr2CR3uhBjsO4WBCAvogK1BPCYY2qAlPQ",
    d: "S5UGibsG55K3hfEfUr4hjwBPJiFQQxJoXGEQ-eNzfIg",
  },
  RS: {
    kty: "EC",
    crv: "P-256",
    x: "nyGxUd7dTEuLsCp2_gd6H66QryE1IHrfvx-FCG54Kno",
    y: "66IyGU-4lEN-d7lj0twl2MIULhGQv6Ag-XxP3rUpvGc",
    d: "and5gAvkJj9Dsx9C8TuOE0AwUDhhkqoBK1n3H40Yq6s",
  },
  MK: {
    kty: "OKP",
    crv: "Ed25519",
    x: "OWovWPi0kr5KHweTZ3J-8yAWgS5dEdpsZKG3WaJfgLA",
    d: "wq55Vs6AUmH6JrF4OFkXgnKOdNto9qxyqZICu5kOMt8",
  },
  "AL-SPOC": {
    kty: "EC",
    crv: "P-256",
    x: "efwXQYBcssCKx8XYLnEqhGozcIA4fzMc__KYX0zaVFE",
    y: "H93844zz8_H0mvb2eSiWwbFRdlPMWIZy2HP54vF9QKQ",
    d: "N42oXDxVYUyKvmGS1LWTquxojZnIWGQhLDikteThAro",
  },
  "AL-CUSTOMS": {
    kty: "OKP",
    crv: "Ed25519",
    x: "Jf1ca22mNTGq5DgoieyuNL5iChkontiPbnFnGt2NDo0",
    d: "zBOCpl8F9hmXpDFyBBKiDIxZ_0YSphoDrkjtMZaDdbM",
  },
  "RS-SPOC": {
    kty: "OKP",
    crv: "Ed25519",
    x: "Rt8lvc-oG7pVG2jwZQQ7TbNo-bBA76XoLvDR-D-suPY",
    d: "4OSHWGg4hHfR7mdU5O7QkktlQZmmoLt1R_1G6oSjLpg",
  },
  "RS-FIU": {
    kty: "EC",
    crv: "P-256",
    x: "seL3I46MVTxnO39i3SLBdO0KSf2_222cnqilTCFVBOU",
    y: "I2_EZs0-X24tNg2c_VSLaayF1smXp0Hn3C_PjhLNXuc",
    d: "7ZV2eqTORELkldZQ-sV3CaBKTqQId_ODCohDUoQBXss",
  },
  spare: {
    kty: "OKP",
    crv: "Ed25519",
    x: "Ox0uPnmbs_GG9vo58fdtoGcD8EMUgskEvhLyfPK_gRI",
    d: "tAAzSLLw-XgjD8795MHQ-hCXKdf7o281To1H53vTA4A",
  },
  "spare-p256": {
    kty: "EC",
    crv: "P-256",
    x: "RbSZVlVHGN2iuDFhjOuS7otELMFDF6ozjZccKlMQzzI",
    y: "Q_zNMsz1_Fk8i8CeVa8Xptt8XnDO3-dlek-q4Lnfn6o",
    d: "MdTH5v-ew31IgoFrtlkWnI2oStUGA2xlxZecqWtPd-M",
  },
} as const satisfies Readonly<Record<string, PrivateJwk>>;

export const ENCRYPTION_JWKS = {
  "AL-SPOC": {
    kty: "OKP",
    crv: "X25519",
    x: "Hyoak-lg-sG7WMxai-22y6_gGeANptxZLhM_-u59nn0",
    d: "oIKYEs6qdPWA6o_nbpSNygv79tANzQusd04sOjhBcV4",
  },
  "AL-CUSTOMS": {
    kty: "OKP",
    crv: "X25519",
    x: "V4qCUXi2AKArj1Thf7eVEyAhZpdchJtXviVqb0rpJy0",
    d: "YLutVNwKddWdCiuVtvtPTecE8qFirYYJ9yN6nb_1fUk",
  },
  "RS-SPOC": {
    kty: "EC",
    crv: "P-256",
    x: "LJ_I2oOUKaasZoj4QN49v-rAu81JTNzPYg83JQ1fNpU",
    y: "BmqLRBVl_tSIDL3CRUudPMqHhJleQ4cNB6VhkGGI644",
    d: "wZkMUOCPQyolTmYlfdvYyp4ttdAhP4D8xc9v-1K4nhA",
  },
  "RS-FIU": {
    kty: "OKP",
    crv: "X25519",
    x: "DLnmKdEC6HCxU_te2OYxvGhb2EkDSHcguYOu_9jY6hs",
    d: "uAYAe2AAgyj_yBQLnpR-Qm6cbZU8BXW2UV-9UY8TCl8",
  },
  spare: {
    kty: "OKP",
    crv: "X25519",
    x: "uRahYO1u4agF7xtWhCtuW-cFYXnmNRNz5lqIbJdmZHk",
    d: "ENMK1K4qkxPs-D9Zac-e5tbFVGCOpaJIZ7dSM6OpZ1c",
  },
} as const satisfies Readonly<Record<string, PrivateJwk>>;
