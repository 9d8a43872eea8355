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

/** What runs and what comes, the nearest first; then what is over, the latest first. */
export function nearestFirst(events: readonly EventView[], now: number): EventView[] {
  const [over, ahead] = [true, false].map((isOver) =>
    events.filter((one) => (phaseOf(one, now) === 'over') === isOver),
  );
  const byStart = (a: EventView, b: EventView) => Date.parse(a.startsAt) - Date.parse(b.startsAt);
  return [...(ahead ?? []).sort(byStart), ...(over ?? []).sort((a, b) => byStart(b, a))];
}

/** The event that runs, or the next one. */
export function nextEvent(events: readonly EventView[], now: number): EventView | undefined {
  return nearestFirst(events, now).find((event) => phaseOf(event, now) !== 'over');
}
