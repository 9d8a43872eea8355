/** Days and instants of a time zone, by the rules that Node's ICU knows. A day is `YYYY-MM-DD`; instants are Unix milliseconds. */
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const formats = new Map<string, Intl.DateTimeFormat>();
const maxFormats = 500;

/** The zone's own spelling of its name; undefined where there is no such zone. */
export function knownZone(name: string): string | undefined {
  // Offsets such as `+09:00` have no rules of their own, and the warehouse knows them under no name.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** The day that an instant falls on. */
export function dayAt(instant: number, zone: string): string {
  return formatOf(zone).format(instant);
}

/**
 * The first instant of a day: midnight, or later where the clocks skip it. Found by halving, for a zone's dates never run
 * backwards from one day to the next.
 */
export function startOf(day: string, zone: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`);
  let before = utc - 15 * hourMs;
  let from = utc + 15 * hourMs;
  while (from - before > minuteMs) {
    const middle = before + Math.floor((from - before) / 2 / minuteMs) * minuteMs;
    if (dayAt(middle, zone) >= day) from = middle;
    else before = middle;
  }
  return from;
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMs).toISOString().slice(0, 10);
}

/** Every day from the first to the last, both included. */
export function daysFrom(first: string, last: string): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}

/** Hours of a day; 23 or 25 where the clocks change. */
export function hoursOf(day: string, zone: string): number {
  return (startOf(addDays(day, 1), zone) - startOf(day, zone)) / hourMs;
}

/** Whether a text is a day of the calendar. */
export function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  // The Canadian form is the ISO one.
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  if (formats.size >= maxFormats) formats.clear();
  formats.set(zone, format);
  return format;
}
