import { dateTimeFormat, dateTimeFormatTimeAgo } from '@grafana/data';

/** `3 hours ago`, in the language and with the words of Grafana. */
export function ago(time: string | number): string {
  return dateTimeFormatTimeAgo(time);
}

/** Date and time as Grafana shows them to this person, with the time zone. */
export function moment(time: string | number): string {
  return dateTimeFormat(time);
}

/** Hours and minutes in this person's time zone. */
export function clock(time: string | number): string {
  return dateTimeFormat(time, { format: 'HH:mm' });
}

const halfDayMs = 12 * 3_600_000;

/** An instant near to now: hours and minutes where nobody can mistake the day, else all of it. */
export function soon(time: string | number): string {
  return Math.abs(new Date(time).getTime() - Date.now()) < halfDayMs ? clock(time) : moment(time);
}

/** The same to the second. */
export function toSecond(time: string | number): string {
  const isNear = Math.abs(new Date(time).getTime() - Date.now()) < halfDayMs;
  return isNear ? dateTimeFormat(time, { format: 'HH:mm:ss' }) : moment(time);
}

/** The day of an instant that is kept in UTC. */
export function dayOf(time: string): string {
  return dateTimeFormat(time, { format: 'D MMM YYYY', timeZone: 'utc' });
}
