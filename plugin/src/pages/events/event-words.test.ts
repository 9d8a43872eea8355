import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import { expectedFactor, nearestFirst, nextEvent, phaseOf } from './event-words';

const learned = (peak: number) => ({ workload: 'shop/web', region: 'kr', events: 2, peak, peakMinute: 4 });
const event = (id: string, startsAt: string, endsAt: string) =>
  ({ id, name: id, startsAt, endsAt, learned: [] }) as unknown as EventView;
const sale = event('sale', '2026-11-21T20:00:00Z', '2026-11-21T21:00:00Z');

describe('a known event', () => {
  test('is expected to do what earlier ones did, else what people said', () => {
    expect(expectedFactor({ learned: [learned(2.5), learned(3.1)], ratio: 9 })).toBe(3.1);
    expect(expectedFactor({ learned: [], ratio: 4 })).toBe(4);
    expect(expectedFactor({ learned: [] })).toBeUndefined();
  });

  test('is ahead, running or over', () => {
    const at = (time: string) => phaseOf(sale, Date.parse(`2026-11-21T${time}:00Z`));
    expect([at('19:59'), at('20:00'), at('20:59'), at('21:00')]).toEqual(['ahead', 'running', 'running', 'over']);
  });

  test('comes next where no other one is earlier', () => {
    const before = event('old', '2026-11-20T20:00:00Z', '2026-11-20T21:00:00Z');
    const deploy = event('deploy', '2026-11-21T19:30:00Z', '2026-11-21T19:40:00Z');
    const now = Date.parse('2026-11-21T19:00:00Z');
    expect(nextEvent([before, sale, deploy], now)?.id).toBe('deploy');
    expect(nextEvent([before], now)).toBeUndefined();
    const older = event('older', '2026-11-19T20:00:00Z', '2026-11-19T21:00:00Z');
    const listed = nearestFirst([older, sale, before, deploy], now).map(({ id }) => id);
    expect(listed).toEqual(['deploy', 'sale', 'old', 'older']);
  });
});
