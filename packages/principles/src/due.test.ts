import { describe, expect, test } from "vitest";
import { addDays, createDues, TERM, toDue } from "./due.ts";

/** Of the region's six countries; Kosovo has no zone of its own in the IANA data, and uses Belgrade's. */
const BALKANS = [
  "Europe/Tirane",
  "Europe/Sarajevo",
  "Europe/Belgrade",
  "Europe/Podgorica",
  "Europe/Skopje",
] as const;
const ZONES = [...BALKANS, "Europe/London"];

const toNumericDate = (text: string): number => Temporal.Instant.from(text).epochMilliseconds / 1_000;
const toText = (time: number): string => new Date(time * 1_000).toISOString().replace(".000", "");

/** When a term ends, in UTC, and the zone's offset then. */
function toEnd(from: string, term: string, zone: string): string {
  const { due, offset } = toDue(toNumericDate(from), term, zone);
  return `${toText(due)} ${offset}`;
}

test("terms of one message end as each by itself, the first time and again", () => {
  const from = toNumericDate("2026-03-28T16:59:59Z");
  const dues = createDues(from);
  const terms = ["PT8H", "P3D", "P7D", "PT8H", "P3D"];
  const all = terms.flatMap((term) => ZONES.map((zone) => [dues(term, zone), toDue(from, term, zone)]));
  for (const [remembered, fresh] of all) expect(remembered).toEqual(fresh);
  expect(all).toHaveLength(terms.length * ZONES.length);
});

describe("hours run on", () => {
  test.each(ZONES)("whatever the clocks do, in %s", (zone) => {
    const [winter, summer] = zone === "Europe/London" ? ["+00:00", "+01:00"] : ["+01:00", "+02:00"];
    // 2026-03-29 01:00 UTC the clocks go forward, 2026-10-25 01:00 UTC they go back.
    expect(toEnd("2026-03-28T20:00:00Z", "PT8H", zone)).toBe(`2026-03-29T04:00:00Z ${summer}`);
    expect(toEnd("2026-10-24T20:00:00Z", "PT8H", zone)).toBe(`2026-10-25T04:00:00Z ${winter}`);
    expect(toEnd("2026-03-28T16:59:59Z", "PT8H", zone)).toBe(`2026-03-29T00:59:59Z ${winter}`);
    expect(toEnd("2026-03-28T17:00:00Z", "PT8H", zone)).toBe(`2026-03-29T01:00:00Z ${summer}`);
  });

  test("over midnight and a year's end, and so do minutes and seconds", () => {
    expect(toEnd("2026-12-31T20:00:00Z", "PT8H", "Europe/Belgrade")).toBe("2027-01-01T04:00:00Z +01:00");
    expect(toEnd("2026-12-31T22:59:58Z", "PT5S", "Europe/Belgrade")).toBe("2026-12-31T23:00:03Z +01:00");
    expect(toEnd("2026-12-31T22:59:58Z", "PT90M", "Europe/Belgrade")).toBe("2027-01-01T00:29:58Z +01:00");
  });
});

describe("calendar days", () => {
  test.each(BALKANS)("begin with the day after, and the last one counts to its end, in %s", (zone) => {
    // Monday 5 January 2026, 10:00 there: the 6th, 7th and 8th.
    expect(toEnd("2026-01-05T09:00:00Z", "P3D", zone)).toBe("2026-01-08T23:00:00Z +01:00");
    expect(toEnd("2026-01-05T09:00:00Z", "P7D", zone)).toBe("2026-01-12T23:00:00Z +01:00");
    expect(toEnd("2026-01-05T09:00:00Z", "P14D", zone)).toBe("2026-01-19T23:00:00Z +01:00");
  });

  test("are those of the zone, not of UTC: one second decides", () => {
    expect(toEnd("2026-01-05T22:59:59Z", "P3D", "Europe/Skopje")).toBe("2026-01-08T23:00:00Z +01:00");
    expect(toEnd("2026-01-05T23:00:00Z", "P3D", "Europe/Skopje")).toBe("2026-01-09T23:00:00Z +01:00");
    expect(toEnd("2026-01-05T23:00:00Z", "P3D", "Europe/London")).toBe("2026-01-09T00:00:00Z +00:00");
    expect(toEnd("2026-01-05T23:00:00Z", "P3D", "UTC")).toBe("2026-01-09T00:00:00Z +00:00");
  });

  test("count weekends and holidays: over Orthodox Christmas, and ending on a Sunday", () => {
    expect(toEnd("2026-01-06T12:00:00Z", "P3D", "Europe/Belgrade")).toBe("2026-01-09T23:00:00Z +01:00");
    expect(toEnd("2026-01-08T12:00:00Z", "P3D", "Europe/Belgrade")).toBe("2026-01-11T23:00:00Z +01:00");
  });

  test.each(ZONES)("are days where one has 23 hours or 25, in %s", (zone) => {
    const [winter, summer] = zone === "Europe/London" ? ["+00:00", "+01:00"] : ["+01:00", "+02:00"];
    const [standard, saving] = zone === "Europe/London" ? ["00", "23"] : ["23", "22"];
    const toDay = (day: number, hour: string | undefined) => {
      return `${String(hour === "00" ? day + 1 : day).padStart(2, "0")}T${hour}`;
    };
    // Forward on Sunday 29 March 2026: the 28th, 29th and 30th; and a term whose last day is the short one.
    expect(toEnd("2026-03-27T12:00:00Z", "P3D", zone)).toBe(`2026-03-${toDay(30, saving)}:00:00Z ${summer}`);
    expect(toEnd("2026-03-26T12:00:00Z", "P3D", zone)).toBe(`2026-03-${toDay(29, saving)}:00:00Z ${summer}`);
    expect(toEnd("2026-03-25T12:00:00Z", "P3D", zone)).toBe(
      `2026-03-${toDay(28, standard)}:00:00Z ${winter}`,
    );
    // Back on Sunday 25 October 2026.
    expect(toEnd("2026-10-23T12:00:00Z", "P3D", zone)).toBe(
      `2026-10-${toDay(26, standard)}:00:00Z ${winter}`,
    );
    expect(toEnd("2026-10-22T12:00:00Z", "P3D", zone)).toBe(
      `2026-10-${toDay(25, standard)}:00:00Z ${winter}`,
    );
    expect(toEnd("2026-10-21T12:00:00Z", "P3D", zone)).toBe(`2026-10-${toDay(24, saving)}:00:00Z ${summer}`);
  });

  test("begin in the hour that comes twice, and in the one that follows the missing one", () => {
    // 02:30 in Belgrade, in summer time and again in winter time.
    for (const from of ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T22:59:59Z"]) {
      expect(toEnd(from, "P3D", "Europe/Belgrade")).toBe("2026-10-28T23:00:00Z +01:00");
    }
    for (const from of ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"]) {
      expect(toEnd(from, "P3D", "Europe/Belgrade")).toBe("2026-04-01T22:00:00Z +02:00");
    }
  });

  test("count a leap day where there is one", () => {
    expect(toEnd("2028-02-26T12:00:00Z", "P3D", "Europe/Tirane")).toBe("2028-02-29T23:00:00Z +01:00");
    expect(toEnd("2028-02-27T12:00:00Z", "P3D", "Europe/Tirane")).toBe("2028-03-01T23:00:00Z +01:00");
    expect(toEnd("2026-02-26T12:00:00Z", "P3D", "Europe/Tirane")).toBe("2026-03-01T23:00:00Z +01:00");
    expect(toEnd("2028-02-29T12:00:00Z", "P7D", "Europe/Tirane")).toBe("2028-03-07T23:00:00Z +01:00");
    expect(toEnd("2100-02-26T12:00:00Z", "P3D", "Europe/Tirane")).toBe("2100-03-01T23:00:00Z +01:00");
  });

  test("go on over a year's end", () => {
    expect(toEnd("2026-12-28T12:00:00Z", "P7D", "Europe/Podgorica")).toBe("2027-01-04T23:00:00Z +01:00");
    expect(toEnd("2026-12-31T22:59:59Z", "P3D", "Europe/Sarajevo")).toBe("2027-01-03T23:00:00Z +01:00");
    expect(toEnd("2026-12-31T23:00:00Z", "P3D", "Europe/Sarajevo")).toBe("2027-01-04T23:00:00Z +01:00");
  });

  test("need no summer time", () => {
    for (const from of ["2026-03-27T12:00:00Z", "2026-10-23T12:00:00Z"]) {
      const { due } = toDue(toNumericDate(from), "P3D", "Europe/Istanbul");
      expect(due).toBe(toNumericDate(from) + 3 * 86_400 + 9 * 3_600);
    }
    expect(toEnd("2026-03-27T12:00:00Z", "P3D", "Europe/Istanbul")).toBe("2026-03-30T21:00:00Z +03:00");
  });
});

describe("where the clocks change at midnight", () => {
  test("a day that begins at one o'clock begins there: the day before ends with it", () => {
    // Beirut goes forward at 00:00 of Sunday 29 March 2026: there is no midnight.
    expect(toEnd("2026-03-25T12:00:00Z", "P3D", "Asia/Beirut")).toBe("2026-03-28T22:00:00Z +03:00");
    expect(toEnd("2026-03-26T12:00:00Z", "P3D", "Asia/Beirut")).toBe("2026-03-29T21:00:00Z +03:00");
  });

  test("a midnight that comes twice counts the first time", () => {
    // Havana goes back at 01:00 of Sunday 1 November 2026, to 00:00.
    expect(toEnd("2026-10-28T16:00:00Z", "P3D", "America/Havana")).toBe("2026-11-01T04:00:00Z -04:00");
    expect(toEnd("2026-10-29T16:00:00Z", "P3D", "America/Havana")).toBe("2026-11-02T05:00:00Z -05:00");
  });

  test("a day whose last hour comes twice ends with the second", () => {
    // Beirut goes back at 00:00 of Sunday 25 October 2026, to 23:00 of Saturday.
    expect(toEnd("2026-10-21T12:00:00Z", "P3D", "Asia/Beirut")).toBe("2026-10-24T22:00:00Z +02:00");
  });

  test("a day that a country left out counts nobody's work, and is a day of the calendar", () => {
    // Samoa went over the date line: there was no 30 December 2011.
    expect(toEnd("2011-12-27T20:00:00Z", "P1D", "Pacific/Apia")).toBe("2011-12-29T10:00:00Z -10:00");
    expect(toEnd("2011-12-27T20:00:00Z", "P2D", "Pacific/Apia")).toBe("2011-12-30T10:00:00Z +14:00");
    expect(toEnd("2011-12-27T20:00:00Z", "P3D", "Pacific/Apia")).toBe("2011-12-30T10:00:00Z +14:00");
    expect(toEnd("2011-12-27T20:00:00Z", "P4D", "Pacific/Apia")).toBe("2011-12-31T10:00:00Z +14:00");
  });
});

test("a zone that the data do not have counts as UTC, and stops nothing", () => {
  for (const zone of ["Europe/Pristina", "Mars/Olympus_Mons", "Europe", ""]) {
    expect(toEnd("2026-03-27T12:00:00Z", "P3D", zone)).toBe("2026-03-31T00:00:00Z +00:00");
    expect(toEnd("2026-03-27T12:00:00Z", "PT8H", zone)).toBe("2026-03-27T20:00:00Z +00:00");
    expect(addDays(0, 1, zone)).toBe(86_400);
  }
});

test("days added keep the time of the day, over a change of the clocks too", () => {
  const add = (from: string, days: number, zone: string) => toText(addDays(toNumericDate(from), days, zone));
  expect(add("2026-03-20T12:00:00Z", 31, "Europe/Belgrade")).toBe("2026-04-20T11:00:00Z");
  expect(add("2026-10-01T12:00:00Z", 31, "Europe/Belgrade")).toBe("2026-11-01T13:00:00Z");
  expect(add("2026-12-15T12:00:00Z", 31, "Europe/Belgrade")).toBe("2027-01-15T12:00:00Z");
  expect(add("2026-03-20T12:00:00Z", 31, "UTC")).toBe("2026-04-20T12:00:00Z");
});

test("every term of the policies' form ends after it begins, a longer one later, at a whole second", () => {
  const from = toNumericDate("2026-03-28T22:30:00Z");
  for (const zone of [...ZONES, "UTC", "Asia/Kathmandu", "America/St_Johns"]) {
    const ends = ["PT1S", "PT1M", "PT1H", "PT8H", "P3D", "P7D", "P14D", "P30D", "P9999D"].map((term) =>
      toDue(from, term, zone),
    );
    const times = [from, ...ends.map(({ due }) => due)];
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(new Set(times).size).toBe(times.length);
    for (const { due, offset } of ends) {
      expect(Number.isSafeInteger(due)).toBe(true);
      expect(offset).toMatch(/^[+-][0-9]{2}:[0-9]{2}$/);
    }
  }
});

test.each([
  "P0D",
  "P1W",
  "P1M",
  "P3DT1H",
  "PT0H",
  "PT1.5H",
  "-P3D",
  "3D",
  "P10000D",
  "PT8H ",
  "P3D\n",
  "p3d",
])("%j is no term", (term) => {
  expect(TERM.test(term)).toBe(false);
  expect(() => toDue(0, term, "UTC")).toThrow();
});
