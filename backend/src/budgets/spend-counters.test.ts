import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore, type Store } from '../platform/store/index.ts';
import { insertBudget } from './budget-repository.ts';
import type { BudgetInput } from './contract.ts';
import { listCounterDays } from './counter-repository.ts';
import type { Reserved } from './doors.ts';
import { openBudgetStand, plainBudget, type BudgetStand } from './fixtures/budget-stand.ts';
import { Money, zero } from './money.ts';
import { SpendCounters } from './spend-counters.ts';

let stand: BudgetStand;
let store: Store;
let counters: SpendCounters;

beforeAll(async () => {
  stand = await openBudgetStand('2026-11-21T12:00:00Z');
  store = openStore({ url: stand.stores.store.url, maxConnections: 20 });
  counters = new SpendCounters({ store, clock: stand.clock });
});

beforeEach(() => store.query('TRUNCATE budget_reservation, budget_counter, budget CASCADE'));

afterAll(async () => {
  await store.close();
  await stand.close();
});

async function budget(id: string, settings: Partial<BudgetInput> = {}): Promise<void> {
  await insertBudget(store, {
    tenant: 'default',
    id,
    settings: { ...plainBudget, name: id, enforcement: 'enforce', ...settings },
    origin: 'api',
    by: { id: 'user:1', name: 'Ada' },
    at: stand.clock.now(),
  });
}

const request = (amount: string, more: object = {}) => ({
  tenant: 'default',
  keys: { x_Team: 'search' },
  amount,
  currency: 'USD',
  ttlMs: 60_000,
  ...more,
});

async function totals(id: string) {
  const days = await listCounterDays(store, 'default', id, '2020-01-01', '2030-01-01');
  const sum = (of: 'reserved' | 'settled') => days.reduce((all, day) => all.plus(day[of]), zero).toFixed();
  return { reserved: sum('reserved'), settled: sum('settled') };
}

function granted(answer: Reserved): string {
  if (!answer.ok) throw new Error('it was refused');
  return answer.reservationId;
}

describe('a reservation', () => {
  test('holds its amount until it is settled, and then what it really cost', async () => {
    await budget('b-1');
    const id = granted(await counters.reserve(request('600')));
    expect(await totals('b-1')).toEqual({ reserved: '600', settled: '0' });
    expect(await counters.reserve(request('400.01'))).toEqual({
      ok: false,
      refusedBy: [
        {
          budgetId: 'b-1',
          name: 'b-1',
          amount: '1000',
          currency: 'USD',
          left: '400',
          windowEnds: '2026-12-01T00:00:00.000Z',
        },
      ],
    });
    expect(await counters.settle(id, '123.456789')).toEqual({ reservationId: id, actual: '123.456789', late: false });
    expect(await totals('b-1')).toEqual({ reserved: '0', settled: '123.456789' });
    expect((await counters.reserve(request('876.543211'))).ok).toBe(true);
  });

  test('is settled once; another amount is refused', async () => {
    await budget('b-1');
    const id = granted(await counters.reserve(request('10')));
    await counters.settle(id, '7');
    expect(await counters.settle(id, '7.0')).toMatchObject({ actual: '7' });
    await expect(counters.settle(id, '8')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(counters.settle(randomUUID(), '8')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await totals('b-1')).toEqual({ reserved: '0', settled: '7' });
  });

  test('with an id of the caller is made once', async () => {
    await budget('b-1');
    const id = randomUUID();
    await counters.reserve(request('10', { id }));
    expect(await counters.reserve(request('10', { id }))).toMatchObject({ ok: true, reservationId: id });
    await expect(counters.reserve(request('11', { id }))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await totals('b-1')).toEqual({ reserved: '10', settled: '0' });
  });

  test('that expired holds nothing, even before it is swept, and its cost counts when it is settled late', async () => {
    await budget('b-1');
    const id = granted(await counters.reserve(request('1000')));
    await stand.clock.advance(60_000);
    const next = granted(await counters.reserve(request('1000')));
    expect(await counters.expire()).toBe(1);
    expect(await totals('b-1')).toEqual({ reserved: '1000', settled: '0' });
    await counters.settle(next, '0');
    expect(await counters.settle(id, '5')).toMatchObject({ late: true });
    expect(await totals('b-1')).toEqual({ reserved: '0', settled: '5' });
  });

  test('counts in all budgets that cover it or in none', async () => {
    await budget('b-large');
    await budget('b-model', { amount: '5', filters: [{ dimension: 'x_Model', values: ['gpt'] }] });
    await budget('b-other', { amount: '1', filters: [{ dimension: 'x_Team', values: ['ads'] }] });
    const answer = await counters.reserve(request('6', { keys: { x_Team: 'search', x_Model: 'gpt' } }));
    expect(answer).toMatchObject({ ok: false, refusedBy: [{ budgetId: 'b-model', left: '5' }] });
    expect(await totals('b-large')).toEqual({ reserved: '0', settled: '0' });
    expect((await counters.reserve(request('6'))).ok).toBe(true);
    expect(await totals('b-model')).toEqual({ reserved: '0', settled: '0' });
  });

  test('is let through by a budget that only observes, which says that it would not have been', async () => {
    await budget('b-1', { enforcement: 'observe', amount: '1' });
    const answer = await counters.reserve(request('2'));
    expect(answer).toMatchObject({ ok: true, wouldRefuse: [{ budgetId: 'b-1', left: '1' }] });
    expect(await totals('b-1')).toEqual({ reserved: '2', settled: '0' });
  });

  test('counts in the window of its day; a new window has room again', async () => {
    await budget('b-1', { amount: '10', window: { kind: 'calendar', unit: 'day' }, timeZone: 'Asia/Seoul' });
    await counters.reserve(request('10'));
    expect(await counters.reserve(request('1'))).toMatchObject({
      refusedBy: [{ windowEnds: '2026-11-21T15:00:00.000Z' }],
    });
    await stand.clock.advance(3 * 3_600_000);
    expect((await counters.reserve(request('1'))).ok).toBe(true);
    await stand.clock.advance(-3 * 3_600_000);
  });

  test('leaves a rolling window day by day', async () => {
    await budget('b-1', { amount: '10', window: { kind: 'rolling', days: 3 } });
    await counters.settle(granted(await counters.reserve(request('4'))), '4');
    await stand.clock.advance(86_400_000);
    await counters.settle(granted(await counters.reserve(request('6'))), '6');
    expect(await counters.reserve(request('3'))).toMatchObject({
      refusedBy: [{ left: '0', windowEnds: '2026-11-24T00:00:00.000Z' }],
    });
    expect(await counters.reserve(request('5'))).toMatchObject({
      refusedBy: [{ windowEnds: '2026-11-25T00:00:00.000Z' }],
    });
    const never = await counters.reserve(request('11'));
    expect(never.ok ? undefined : never.refusedBy[0]?.windowEnds).toBeUndefined();
    await stand.clock.advance(2 * 86_400_000);
    expect((await counters.reserve(request('4'))).ok).toBe(true);
    await stand.clock.advance(-3 * 86_400_000);
  });

  test('in another currency needs a rate', async () => {
    await budget('b-1', { currency: 'KRW', amount: '1500' });
    await expect(counters.reserve(request('1'))).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    const rated = new SpendCounters({
      store,
      clock: stand.clock,
      prices: {
        rates: async (from, to, day) =>
          new Map([[day, { rate: from === 'USD' && to === 'KRW' ? '1400.5' : '0', rateDay: day, source: 'test' }]]),
      },
    });
    const id = granted(await rated.reserve(request('1')));
    expect(await totals('b-1')).toEqual({ reserved: '1400.5', settled: '0' });
    expect((await rated.reserve(request('0.1'))).ok).toBe(false);
    await rated.settle(id, '0.5');
    expect(await totals('b-1')).toEqual({ reserved: '0', settled: '700.25' });
  });

  test.each([
    [{ amount: '-1' }, '`amount`'],
    [{ amount: '1e3' }, '`amount`'],
    [{ currency: 'usd' }, '`currency`'],
    [{ ttlMs: 0 }, '`ttlMs`'],
    [{ id: "1'; --" }, '`id`'],
  ])('is refused with %j', async (more, word) => {
    await expect(counters.reserve(request('1', more))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining(word),
    });
  });
});

/** Repeats what the kill of a connection left in doubt; equal ids make that safe. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (let turn = 0; ; turn++) {
    try {
      return await work();
    } catch (error) {
      const isDoubt = !['CONFLICT', 'NOT_FOUND', 'VALIDATION_FAILED'].includes((error as { code?: string }).code ?? '');
      if (!isDoubt || turn > 50) throw error;
      await delay(5);
    }
  }
}

describe('fifty callers at once', () => {
  test('get exactly what there is', async () => {
    await budget('b-1', { amount: '30' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => counters.reserve(request('1'))));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(30);
    expect(await totals('b-1')).toEqual({ reserved: '30', settled: '0' });
  });

  test('leave exact counters behind although connections are killed in between', async () => {
    await budget('b-1', { amount: '250' });
    await budget('b-all', { filters: [], amount: '400', window: { kind: 'rolling', days: 7 } });
    let settledByClients = zero;
    let settledOfSearch = zero;
    let kills = 0;
    const watched: string[] = [];
    let busy = true;
    const killer = (async () => {
      while (busy) {
        const [row] = await stand.stores.store.query<{ n: number }>(
          `SELECT count(pg_terminate_backend(pid))::int AS n FROM (
             SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'amadeus'
               AND pid <> pg_backend_pid() AND state <> 'idle' ORDER BY random() LIMIT 1) victims`,
        );
        kills += row?.n ?? 0;
        const [sum] = await stand.stores.store.query<{ used: string }>(
          `SELECT coalesce(sum(reserved + settled), 0)::text AS used FROM budget_counter WHERE budget_id = 'b-all'`,
        );
        watched.push(sum?.used ?? '0');
        // Callers share transactions: a kill must leave some of them the time to end.
        await delay(20 + 30 * (kills % 4));
      }
    })();
    await Promise.all(
      Array.from({ length: 50 }, async (_, client) => {
        // A fast machine would be done before enough connections were killed.
        for (let call = 0; call < 12 || (kills <= 3 && call < 1000); call++) {
          const isSearch = (client + call) % 2 === 0;
          const amount = ((client * 7 + call * 3) % 5) + 1;
          const id = randomUUID();
          const keys: Record<string, string> = isSearch ? { x_Team: 'search' } : {};
          const answer = await insist(() => counters.reserve(request(String(amount), { id, keys, ttlMs: 3_600_000 })));
          // One of four forgets to settle; its reservation expires.
          if (!answer.ok || (client + call) % 4 === 3) continue;
          const actual = new Money(amount)
            .times(call % 3)
            .div(4)
            .toFixed();
          await insist(() => counters.settle(id, actual));
          settledByClients = settledByClients.plus(actual);
          if (isSearch) settledOfSearch = settledOfSearch.plus(actual);
        }
      }),
    );
    busy = false;
    await killer;
    await stand.clock.advance(3_600_000);
    await insist(() => counters.expire());
    await stand.clock.advance(-3_600_000);
    expect(kills).toBeGreaterThan(3);
    expect(await totals('b-all')).toEqual({ reserved: '0', settled: settledByClients.toFixed() });
    expect(await totals('b-1')).toEqual({ reserved: '0', settled: settledOfSearch.toFixed() });
    const [kept] = await store.query<{ sum: string }>(
      `SELECT coalesce(sum(actual), 0)::text AS sum FROM budget_reservation WHERE state = 'settled'`,
    );
    expect(new Money(kept?.sum ?? 0).eq(settledByClients)).toBe(true);
    expect(watched.filter((used) => new Money(used).gt(400))).toEqual([]);
  }, 180_000);
});
