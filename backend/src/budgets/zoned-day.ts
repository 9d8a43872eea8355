/** A day of the calendar, `YYYY-MM-DD`. Such texts sort as the days do. */
export type Day = string;

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** No zone is further from UTC than this. */
const furthestMs = 27 * 60 * minuteMs;
const maxFormats = 100;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone's name as IANA writes it, or undefined where there is none of that name. Offsets such as +09:00 are no names. */
export function canonicalZone(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** Day, hour and minute on the clocks of the zone. @throws RangeError for a zone that does not exist */
export function clockOf(at: number, zone: string): { day: Day; minutes: number } {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return {
    day: `${parts['year']}-${parts['month']}-${parts['day']}`,
    minutes: Number(parts['hour']) * 60 + Number(parts['minute']),
  };
}

/** The day that it is in the zone at that instant (Unix milliseconds). */
export function dayOf(at: number, zone: string): Day {
  return clockOf(at, zone).day;
}

/**
 * The first instant of a day in the zone, Unix milliseconds. Where clocks are put forward at midnight, that is the first
 * minute which the day has.
 */
export function startOfDay(day: Day, zone: string): number {
  let before = Date.parse(`${day}T00:00:00Z`) - furthestMs;
  let within = before + 2 * furthestMs;
  // Days follow each other, so that the first minute of one is found by halving; offsets are whole minutes.
  while (within - before > minuteMs) {
    const middle = before + Math.floor((within - before) / 2 / minuteMs) * minuteMs;
    if (dayOf(middle, zone) < day) before = middle;
    else within = middle;
  }
  return within;
}

export function addDays(day: Day, count: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMs).toISOString().slice(0, 10);
}

/** How many days `to` lies after `from`. */
export function daysBetween(from: Day, to: Day): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs;
}

/** 1 is Monday, 7 is Sunday. */
export function weekdayOf(day: Day): number {
  return ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;
}

/** All days from `from` to `to`, both included. */
export function daysFrom(from: Day, to: Day): Day[] {
  return Array.from({ length: Math.max(0, daysBetween(from, to) + 1) }, (_, index) => addDays(from, index));
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  if (formats.size >= maxFormats) formats.clear();
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formats.set(zone, format);
  return format;
}
