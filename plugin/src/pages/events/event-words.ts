import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';

/** How many times the usual traffic is expected: what earlier ones of the name did most, else what people said. */
export function expectedFactor({ learned, ratio }: Pick<EventView, 'learned' | 'ratio'>): number | undefined {
  return learned.length > 0 ? Math.max(...learned.map(({ peak }) => peak)) : ratio;
}

export type EventPhase = 'ahead' | 'running' | 'over';

export function phaseOf({ startsAt, endsAt }: Pick<EventView, 'startsAt' | 'endsAt'>, now: number): EventPhase {
  if (Date.parse(endsAt) <= now) return 'over';
  return Date.parse(startsAt) <= now ? 'running' : 'ahead';
}

/** The event that runs, or the next one. */
export function nextEvent(events: readonly EventView[], now: number): EventView | undefined {
  return [...events]
    .filter((event) => phaseOf(event, now) !== 'over')
    .sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))[0];
}
