import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { lanes, mostLanes, ticks } from './incident-lanes';

const incident = (id: number, workload: string, firstAt: string, closedAt: string | null, acts: string[] = []) =>
  ({
    ...{ id, namespace: 'shop', workload, firstAt, closedAt },
    acts: acts.map((at) => ({ at })),
  }) as unknown as IncidentView;
const from = Date.parse('2026-11-21T18:00:00Z');
const to = Date.parse('2026-11-21T20:00:00Z');

describe('the lanes of the timeline', () => {
  test('are one for each workload, with bars where something went on and marks where something was done', () => {
    const seen = lanes(
      [
        incident(3, 'cart', '2026-11-21T19:30:00Z', null, ['2026-11-21T19:31:12Z']),
        incident(2, 'web', '2026-11-21T17:00:00Z', '2026-11-21T18:30:00Z'),
        incident(1, 'cart', '2026-11-21T18:30:00Z', '2026-11-21T19:00:00Z'),
      ],
      from,
      to,
    );
    expect(seen.map(({ name, bars }) => [name, bars.map(({ left, width }) => [left, width])])).toEqual([
      [
        'shop/cart',
        [
          [0.75, 0.25],
          [0.25, 0.25],
        ],
      ],
      ['shop/web', [[0, 0.25]]],
    ]);
    expect(seen[0]!.bars[0]!.acts).toEqual([0.76]);
  });

  test('are no more than can be looked at', () => {
    const many = Array.from({ length: 30 }, (_, id) => incident(id, `w${id}`, '2026-11-21T18:30:00Z', null));
    expect(lanes(many, from, to)).toHaveLength(mostLanes);
  });

  test('have an axis from end to end', () => {
    expect(ticks(0, 100, 5)).toEqual([0, 25, 50, 75, 100]);
  });
});
