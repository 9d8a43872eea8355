import type { Static } from 'typebox';
import { addDays, canonicalZone, dayOf, startOfDay } from '../budgets/index.ts';
import type { LimitSettingsSchema } from '../platform/config/index.ts';

export type LimitSettings = Static<typeof LimitSettingsSchema>;
export type LimitKind = 'requestsPerMinute' | 'requestsPerDay' | 'tokensPerMinute' | 'tokensPerDay';
export const limitKinds = ['requestsPerMinute', 'requestsPerDay', 'tokensPerMinute', 'tokensPerDay'] as const;

/** Whom a call belongs to, as far as limits look at it. */
export interface LimitedCall {
  tenant: string;
  key: string;
  team?: string | undefined;
  product?: string | undefined;
  customer?: string | undefined;
}

/** One counter that a call counts in. */
export interface LimitCounter {
  tenant: string;
  /** Names the counter within its tenant. */
  name: string;
  limit: string;
  per: LimitSettings['per'];
  value: string;
  kind: LimitKind;
  most: number;
  windowMs: number;
  isRolling: boolean;
  /** Whose days count. */
  timeZone: string;
}

const windowOfKind = {
  requestsPerMinute: 60_000,
  tokensPerMinute: 60_000,
  requestsPerDay: 86_400_000,
  tokensPerDay: 86_400_000,
} as const;

export function countsTokens(kind: LimitKind): boolean {
  return kind === 'tokensPerMinute' || kind === 'tokensPerDay';
}

/**
 * Counter of a limit for one value. `id` keeps the counters of limits apart, whatever they are called; those of rolling windows
 * are other ones than those of the calendar.
 */
export function counterName(id: string, value: string, kind: LimitKind, isRolling: boolean): string {
  return JSON.stringify([id, isRolling ? `${kind}${rollingMark}` : kind, value]);
}

/** At the end of the kind in the name of a counter. */
export const rollingMark = '~';

/** @returns the counters that a call counts in, of all limits that are for it */
export function countersOf(
  call: LimitedCall,
  limits: readonly { id: string; settings: LimitSettings }[],
): LimitCounter[] {
  return limits.flatMap(({ id, settings }) => {
    const value = call[settings.per];
    if (value === undefined || (settings.only && !settings.only.includes(value))) return [];
    const { name: limit, per } = settings;
    const own = { tenant: call.tenant, limit, per, value, ...windowsOf(settings) };
    return limitKinds.flatMap((kind) => {
      const most = settings[kind];
      if (most === undefined) return [];
      return [{ ...own, name: counterName(id, value, kind, own.isRolling), kind, most, windowMs: windowOfKind[kind] }];
    });
  });
}

export function windowsOf({ window, timeZone }: LimitSettings): Pick<LimitCounter, 'isRolling' | 'timeZone'> {
  return { isRolling: window === 'rolling', timeZone: timeZone ?? 'UTC' };
}

/** The window of the calendar that an instant lies in, milliseconds since the epoch. Days may have 23 or 25 hours. */
export function calendarWindow(kind: LimitKind, timeZone: string, now: number): { start: number; end: number } {
  const windowMs = windowOfKind[kind];
  if (windowMs < windowOfKind.requestsPerDay || timeZone === 'UTC') {
    const start = Math.floor(now / windowMs) * windowMs;
    return { start, end: start + windowMs };
  }
  const day = dayOf(now, timeZone);
  return { start: startOfDay(day, timeZone), end: startOfDay(addDays(day, 1), timeZone) };
}

/** A rolling window is counted in so many parts: what is used counts until the part is over in which it leaves the window. */
const partsOfWindow = 60;

/** @returns length of a part, and the start of the first one that still counts, milliseconds */
export function rollingParts(kind: LimitKind, now: number): { partMs: number; since: number } {
  const windowMs = windowOfKind[kind];
  const partMs = windowMs / partsOfWindow;
  return { partMs, since: Math.floor(now / partMs) * partMs - windowMs };
}

/** What is wrong with a limit beyond its form, or undefined. */
export function limitProblem(settings: LimitSettings): string | undefined {
  if (limitKinds.every((kind) => settings[kind] === undefined)) return `name at least one of ${limitKinds.join(', ')}`;
  const { timeZone, window } = settings;
  if (timeZone !== undefined && canonicalZone(timeZone) === undefined)
    return `there is no time zone ${JSON.stringify(timeZone)}; name one as Asia/Seoul`;
  if (timeZone !== undefined && window === 'rolling')
    return 'a rolling window counts the last 24 hours in every time zone; leave timeZone out';
  return undefined;
}
