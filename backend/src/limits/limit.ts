import type { Static } from 'typebox';
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
}

export const windowOfKind = {
  requestsPerMinute: 60_000,
  tokensPerMinute: 60_000,
  requestsPerDay: 86_400_000,
  tokensPerDay: 86_400_000,
} as const;

export function countsTokens(kind: LimitKind): boolean {
  return kind === 'tokensPerMinute' || kind === 'tokensPerDay';
}

/** Counter of a limit for one value. `id` keeps the counters of limits apart, whatever they are called. */
export function counterName(id: string, value: string, kind: LimitKind): string {
  return JSON.stringify([id, kind, value]);
}

/** @returns the counters that a call counts in, of all limits that are for it */
export function countersOf(
  call: LimitedCall,
  limits: readonly { id: string; settings: LimitSettings }[],
): LimitCounter[] {
  return limits.flatMap(({ id, settings }) => {
    const value = call[settings.per];
    if (value === undefined || (settings.only && !settings.only.includes(value))) return [];
    return limitKinds.flatMap((kind) => {
      const most = settings[kind];
      if (most === undefined) return [];
      const { tenant } = call;
      const { name: limit, per } = settings;
      return [
        { tenant, name: counterName(id, value, kind), limit, per, value, kind, most, windowMs: windowOfKind[kind] },
      ];
    });
  });
}

/** Start of the window that an instant lies in, milliseconds since the epoch. */
export function windowStart(now: number, windowMs: number): number {
  return Math.floor(now / windowMs) * windowMs;
}

/** What is wrong with a limit beyond its form, or undefined. */
export function limitProblem(settings: LimitSettings): string | undefined {
  if (limitKinds.every((kind) => settings[kind] === undefined)) return `name at least one of ${limitKinds.join(', ')}`;
  return undefined;
}
