import { dateTimeFormat, dateTimeParse, getTimeZone } from '@grafana/data';

const pattern = 'YYYY-MM-DDTHH:mm';

/** An instant as the hands of this person's clock show it, for a field that takes a local time. */
export function localTime(instant: number): string {
  return dateTimeFormat(instant, { format: pattern });
}

/** The instant of a local time; undefined where it is none. */
export function readLocalTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return undefined;
  const time = dateTimeParse(text.slice(0, 16), { format: pattern, timeZone: getTimeZone() });
  return time.isValid() ? time.valueOf() : undefined;
}

/** What the time zone of this person's Grafana is called. */
export function timeZoneName(): string {
  const zone = getTimeZone();
  if (zone === 'browser') return Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === 'utc' ? 'UTC' : zone;
}
