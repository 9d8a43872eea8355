import { describe, expect, test } from '@jest/globals';
import { exact, exactText } from '../platform/amounts/index.ts';
import { allocate, type Cell, type TokenCell } from './allocate.ts';
import type { Rule } from './contract.ts';

const rule = (name: string, more: Partial<Rule>): Rule => ({
  name,
  target: 'x_Team',
  position: 1,
  match: [{ dimension: 'ServiceName', is: ['x'] }],
  method: 'even',
  effectiveFrom: '2026-01-01',
  ...more,
});
const cell = (owner: string, amount: string, more: Partial<Cell> = {}): Cell => ({
  month: 202610,
  rule: 0,
  owner,
  amount: exact(amount),
  gpuHours: 0n,
  lines: 1,
  ...more,
});
const shown = (cells: readonly Cell[], rules: readonly Rule[], tokens: readonly TokenCell[] = []) => {
  const { rows, unallocated } = allocate(cells, tokens, rules);
  return { rows: rows.map(({ owner, total }) => [owner, exactText(total)]), unallocated: exactText(unallocated) };
};

describe('methods', () => {
  const own = [cell('a', '30'), cell('b', '10'), cell('', '5')];
  const pot = cell('', '8', { rule: 1 });

  test('even, over all who have cost of their own, or over those that the rule names', () => {
    expect(shown([...own, pot], [rule('r', {})])).toEqual({
      rows: [
        ['a', '34'],
        ['b', '14'],
      ],
      unallocated: '5',
    });
    const named = rule('r', { owners: ['b', 'c'] });
    expect(shown([...own, pot], [named]).rows).toEqual([
      ['a', '30'],
      ['b', '14'],
      ['c', '4'],
    ]);
    expect(shown([...own, pot], [rule('r', { exclude: ['a'] })]).rows).toEqual([
      ['a', '30'],
      ['b', '18'],
    ]);
  });

  test('by direct cost, where credits do not make a share negative', () => {
    const usage = rule('r', { method: 'usage', base: 'cost' });
    expect(shown([...own, cell('c', '-4'), pot], [usage]).rows).toEqual([
      ['a', '36'],
      ['b', '12'],
      ['c', '-4'],
    ]);
  });

  test('by tokens and by GPU-hours', () => {
    const tokens = [
      { month: 202610, owner: 'b', tokens: 3n },
      { month: 202610, owner: 'z', tokens: 1n },
      { month: 202609, owner: 'a', tokens: 100n },
    ];
    expect(shown([...own, pot], [rule('r', { method: 'usage', base: 'tokens' })], tokens).rows).toEqual([
      ['a', '30'],
      ['b', '16'],
      ['z', '2'],
    ]);
    const gpus = [cell('a', '1', { gpuHours: exact('2.5') }), cell('b', '1', { gpuHours: exact('7.5') }), pot];
    expect(shown(gpus, [rule('r', { method: 'usage', base: 'gpuHours' })]).rows).toEqual([
      ['b', '7'],
      ['a', '3'],
    ]);
  });

  test('by fixed weights', () => {
    const fixed = rule('r', { method: 'fixed', weights: { a: '1', d: '3' } });
    expect(shown([...own, pot], [fixed]).rows).toEqual([
      ['a', '32'],
      ['b', '10'],
      ['d', '6'],
    ]);
  });

  test('without anybody to bear it, it stays unallocated and says why', () => {
    const by = rule('r', { method: 'usage', base: 'gpuHours' });
    const answer = allocate([...own, pot], [], [by]);
    expect(exactText(answer.unallocated)).toBe('13');
    expect([...answer.rules[0]!.failed]).toEqual([[202610, 'Nobody has GPU-hours to share by.']]);
  });

  test('month by month: a quarter is the sum of its months', () => {
    const months = [202610, 202611, 202612].map((month, place) =>
      own.concat(pot).map((one) => ({
        ...one,
        month,
        amount: one.amount * BigInt(place + 1) + (one.owner === 'b' ? exact('3') : 0n),
      })),
    );
    const usage = rule('r', { method: 'usage', base: 'cost' });
    const each = months.map((cells) => allocate(cells, [], [usage]));
    const whole = allocate(months.flat(), [], [usage]);
    for (const { owner, total } of whole.rows)
      expect(total).toBe(
        each.reduce((sum, { rows }) => sum + (rows.find((row) => row.owner === owner)?.total ?? 0n), 0n),
      );
  });
});

test('whatever the rules: what owners bear and what is unallocated is the bills, to the last digit', () => {
  let state = 5;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!;
  const ownersOf = ['', 'a', 'b', 'c', 'd', 'e'];
  for (let turn = 0; turn < 400; turn++) {
    const rules = Array.from({ length: Math.floor(next() * 6) }, (_, place): Rule => {
      const method = pick(['even', 'usage', 'fixed'] as const);
      const some = ownersOf.filter((owner) => owner !== '' && next() < 0.4);
      return rule(`rule ${place}`, {
        method,
        ...(method === 'usage' ? { base: pick(['cost', 'tokens', 'gpuHours'] as const) } : {}),
        ...(method === 'fixed' ? { weights: { a: '1', b: (next() * 9).toFixed(5), f: '0' } } : {}),
        ...(method !== 'fixed' && some.length > 0 && next() < 0.5 ? { owners: some } : {}),
        ...(next() < 0.3 ? { exclude: [pick(['a', 'b', 'c'])] } : {}),
      });
    });
    const cells = Array.from({ length: Math.floor(next() * 60) }, () =>
      cell(pick(ownersOf), ((next() - 0.15) * 10 ** (next() * 8)).toFixed(Math.floor(next() * 20)), {
        month: pick([202609, 202610]),
        rule: Math.floor(next() * (rules.length + 1)),
        gpuHours: next() < 0.5 ? 0n : exact((next() * 100).toFixed(9)),
      }),
    );
    const tokens = ownersOf.map((owner) => ({ month: 202610, owner, tokens: BigInt(Math.floor(next() * 1000)) }));
    const answer = allocate(cells, tokens, rules);
    const bills = cells.reduce((sum, { amount }) => sum + amount, 0n);
    expect(answer.bills).toBe(bills);
    expect(answer.rows.reduce((sum, { total }) => sum + total, answer.unallocated)).toBe(bills);
    for (const { direct, shared, total } of answer.rows)
      expect([...shared.values()].reduce((sum, part) => sum + part, direct)).toBe(total);
    for (const { amount, allocated, failed, rule: one } of answer.rules) {
      const given = answer.rows.reduce((sum, { shared }) => sum + (shared.get(one.name) ?? 0n), 0n);
      expect(given).toBe(allocated);
      if (failed.size === 0) expect(allocated).toBe(amount);
    }
  }
});
