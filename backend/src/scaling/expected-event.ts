import type { ExpectedEvent } from './demand.ts';
import type { UpcomingEvent } from './ports.ts';

/** An event as decisions count it: from its first minute on. */
export function expectedOf({ name, startsAt, endsAt, expected, learnedFrom }: UpcomingEvent): ExpectedEvent {
  const factors = expected.filter(({ minute }) => minute >= startsAt).map(({ ratio }) => ratio);
  return {
    name,
    start: startsAt.getTime(),
    end: endsAt.getTime(),
    factors: factors.length === 0 ? [1] : factors,
    basis: learnedFrom > 0 ? 'learned' : 'stated',
  };
}
