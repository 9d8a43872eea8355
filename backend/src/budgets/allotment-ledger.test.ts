import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore, type Store } from '../platform/store/index.ts';
import { AllotmentLedger } from './allotment-ledger.ts';
import { insertBudget } from './budget-repository.ts';
import type { BudgetInput } from './contract.ts';
import { listCounterDays } from './counter-repository.ts';
import type { Held } from './doors.ts';
import { openBudgetStand, plainBudget, type BudgetStand } from './fixtures/budget-stand.ts';
import { Money, zero } from './money.ts';
import type { BudgetPorts } from './ports.ts';
import { SpendCounters } from './spend-counters.ts';

let stand: BudgetStand;
let store: Store;
let counters: SpendCounters;
const processes = new Set<Process>();

beforeAll(async () => {
  stand = await openBudgetStand('2026-11-21T12:00:00Z');
  store = openStore({ url: stand.stores.store.url, maxConnections: 20 });
  counters = new SpendCounters({ store, clock: stand.clock });
});
beforeEach(() => store.query('TRUNCATE budget_reservation, budget_counter, budget CASCADE'));
afterEach(async () => {
  for (const one of processes) await one.die();
  processes.clear();
});
afterAll(async () => {
  await store.close();
  await stand.close();
});

async function budget(id: string, settings: Partial<BudgetInput> = {}): Promise<void> {
  await insertBudget(store, {
    ...{ tenant: 'default', id, origin: 'api' as const, by: { id: 'user:1', name: 'Ada' }, at: stand.clock.now() },
    settings: { ...plainBudget, name: id, enforcement: 'enforce', ...settings },
  });
}

const request = (amount: string, more: object = {}) => ({
  ...{ tenant: 'default', keys: { x_Team: 'search' }, amount, currency: 'USD', ttlMs: 60_000 },
  ...more,
});

async function totals(id: string) {
  const days = await listCounterDays(store, 'default', id, '2020-01-01', '2030-01-01');
  const sum = (of: 'reserved' | 'settled') => days.reduce((all, day) => all.plus(day[of]), zero).toFixed();
  return { reserved: sum('reserved'), settled: sum('settled') };
}

/** The store as a process sees it that can die: from then on nothing comes through, and what is under way is rolled back. */
class MortalStore implements Store {
  readonly url = store.url;
  isDead = false;
  readonly #underWay = new Set<Promise<unknown>>();

  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
    return this.#alive(() => store.query<Row>(sql, params));
  }

  transaction<T>(work: (tx: Store) => Promise<T>): Promise<T> {
    return this.#alive(() =>
      store.transaction((tx) =>
        work({
          ...this,
          query: (sql: string, params?: readonly unknown[]) => this.#alive(() => tx.query(sql, params)),
        }),
      ),
    );
  }

  withLock = <T>(name: string, work: (lost: AbortSignal) => Promise<T>) => store.withLock(name, work);
  ping = () => store.ping();
  close = () => Promise.resolve();

  async over(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }

  async #alive<T>(work: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error('The process is dead.');
    const under = work();
    this.#underWay.add(under);
    try {
      return await under;
    } finally {
      this.#underWay.delete(under);
    }
  }
}

/** A process with its ledger, and the disk that outlives it. */
class Process {
  readonly holder: string = randomUUID();
  readonly #store = new MortalStore();
  readonly ledger: AllotmentLedger;
  readonly #open = new Map<string, string>();
  readonly #settled: { reservationId: string; actual: string; order?: number }[] = [];

  constructor(prices?: BudgetPorts['prices']) {
    const parts = { store: this.#store, clock: stand.clock, ...(prices ? { prices } : {}) };
    this.ledger = new AllotmentLedger({ ...parts, counters: new SpendCounters(parts), holder: this.holder });
    processes.add(this);
  }

  async reserve(amount: string, more: object = {}): Promise<Held> {
    const held = await this.ledger.reserve(request(amount, more));
    // The dead write nothing down: what the store granted in the last moment expires.
    if (this.isDead) return { ok: true };
    if (held.ok && held.reservationId !== undefined) this.#open.set(held.reservationId, amount);
    return held;
  }

  async settle(reservationId: string, actual: string): Promise<void> {
    const order = this.ledger.orderOf(reservationId);
    this.#settled.push({ reservationId, actual, ...(order === undefined ? {} : { order }) });
    this.#open.delete(reservationId);
    await this.ledger.settle(reservationId, actual, order);
  }

  /** What its disk says that it has cost, calls under way at what was held for them. */
  get spent(): Money {
    const all = [...this.#settled.map(({ actual }) => actual), ...this.#open.values()];
    return all.reduce((sum, amount) => sum.plus(amount), zero);
  }

  get isDead(): boolean {
    return this.#store.isDead;
  }

  async die(): Promise<void> {
    this.#store.isDead = true;
    await this.ledger.close().catch(() => undefined);
    await this.#store.over();
  }

  async recover(by: AllotmentLedger): Promise<void> {
    const lost = [...this.#open].map(([reservationId, actual]) => ({ reservationId, actual }));
    await by.recover({ holder: this.holder, settled: this.#settled, lost });
  }
}

function nameOf(held: Held): string {
  if (!held.ok || held.reservationId === undefined) throw new Error(`it was not held: ${JSON.stringify(held)}`);
  return held.reservationId;
}

describe('a ledger', () => {
  test('gives calls out in memory, and leaves exact counters behind', async () => {
    await budget('b-1');
    await budget('b-other', { filters: [{ dimension: 'x_Team', values: ['ads'] }] });
    const one = new Process();
    const first = nameOf(await one.reserve('0.5'));
    const second = nameOf(await one.reserve('0.5'));
    expect(second.split('.')[0]).toBe(first.split('.')[0]);
    expect(Number((await totals('b-1')).reserved)).toBeGreaterThan(1);
    await one.settle(first, '0.123456789012345678');
    await one.settle(second, '0.7');
    await one.ledger.close();
    expect(await totals('b-1')).toEqual({ reserved: '0', settled: '0.823456789012345678' });
    expect(await totals('b-other')).toEqual({ reserved: '0', settled: '0' });
    expect(await store.query(`SELECT FROM budget_reservation WHERE state = 'open'`)).toEqual([]);
  });

  test('needs nothing for a call that no budget counts', async () => {
    await budget('b-1');
    const answer = await new Process().reserve('5', { keys: { x_Team: 'ads' } });
    expect(answer).toEqual({ ok: true });
  });

  test('lets through exactly what there is, whichever process is asked', async () => {
    await budget('b-1', { amount: '100' });
    const processes = [new Process(), new Process(), new Process()];
    const answers = await Promise.all(
      Array.from({ length: 150 }, async (_, n) => {
        await delay(n % 40);
        return processes[n % 3]!.reserve('1');
      }),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(100);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ refusedBy: [{ budgetId: 'b-1', amount: '100' }] });
    expect(await totals('b-1')).toEqual({ reserved: '100', settled: '0' });
  });

  test('has others give back what they only keep before it refuses', async () => {
    await budget('b-1', { amount: '100' });
    await budget('b-ads', { amount: '100', filters: [{ dimension: 'tag:stage', values: ['ci'] }] });
    const [one, two] = [new Process(), new Process()];
    const keys = { x_Team: 'search', 'tag:stage': 'ci' };
    const small = nameOf(await one.reserve('1', { keys }));
    expect(Number((await totals('b-1')).reserved)).toBeGreaterThan(1);
    expect((await two.reserve('99')).ok).toBe(true);
    expect((await two.reserve('0.000001')).ok).toBe(false);
    await one.settle(small, '0.5');
    await one.ledger.turn();
    expect((await two.reserve('0.5')).ok).toBe(true);
  });

  test('counts a call on the day on which it was reserved, in the zone of the budget', async () => {
    await budget('b-1', { amount: '10', window: { kind: 'calendar', unit: 'day' }, timeZone: 'Asia/Seoul' });
    const one = new Process();
    const before = nameOf(await one.reserve('1'));
    await stand.clock.advance(3 * 3_600_000);
    const after = nameOf(await one.reserve('1', { ttlMs: 1000 }));
    await one.settle(before, '0.25');
    await one.settle(after, '0.75');
    await one.ledger.close();
    await stand.clock.advance(-3 * 3_600_000);
    const days = await listCounterDays(store, 'default', 'b-1', '2026-11-01', '2026-11-30');
    expect(days).toEqual([
      { day: '2026-11-21', reserved: '0', settled: '0.25' },
      { day: '2026-11-22', reserved: '0', settled: '0.75' },
    ]);
  });

  test('takes a change of a budget in with its next look', async () => {
    await budget('b-1', { amount: '1000' });
    const one = new Process();
    nameOf(await one.reserve('1'));
    await store.query(
      `UPDATE budget SET version = version + 1, settings = jsonb_set(settings, '{amount}', '"2"') WHERE id = 'b-1'`,
    );
    await one.ledger.turn();
    expect((await one.reserve('1')).ok).toBe(true);
    expect((await one.reserve('1')).ok).toBe(false);
  });

  test('that dies unseen holds nothing after its time, and counts in full when it is found', async () => {
    await budget('b-1', { amount: '10' });
    const [one, two] = [new Process(), new Process()];
    const call = nameOf(await one.reserve('1'));
    await one.settle(call, '0.5');
    nameOf(await one.reserve('1'));
    await one.die();
    await stand.clock.advance(17 * 60_000);
    nameOf(await two.reserve('8.5'));
    await counters.expire();
    expect((await totals('b-1')).reserved).toBe('8.5');
    await one.recover(two.ledger);
    await one.recover(two.ledger);
    expect(await totals('b-1')).toEqual({ reserved: '8.5', settled: '1.5' });
    await stand.clock.advance(-17 * 60_000);
  });

  test('in another currency holds and settles at the rate of the day', async () => {
    await budget('b-1', { currency: 'KRW', amount: '15000' });
    const prices = {
      rates: async (_from: string, _to: string, day: string) =>
        new Map([[day, { rate: '1400.5', rateDay: day, source: 'test' }]]),
    };
    const one = new Process(prices);
    await one.settle(nameOf(await one.reserve('1')), '0.5');
    await one.ledger.close();
    expect(await totals('b-1')).toEqual({ reserved: '0', settled: '700.25' });
  });
});

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('processes that die at any moment', () => {
  test.each([1, 2])(
    'spend no more than there is and leave exact counters behind (seed %i)',
    async (seed) => {
      const draw = random(seed);
      await budget('b-1', { amount: '400' });
      await budget('b-all', { filters: [], amount: '600', window: { kind: 'rolling', days: 7 } });
      let living = [new Process(), new Process(), new Process()];
      const everyone = [...living];
      const over: string[] = [];
      let busy = true;
      const quiet = openStore({ url: stand.stores.store.url, maxConnections: 1 });
      const watcher = (async () => {
        while (busy) {
          const rows = await quiet.query<{ used: string }>(
            `SELECT c.budget_id || ': ' || sum(c.reserved + c.settled) AS used FROM budget_counter c JOIN budget b
           ON b.id = c.budget_id GROUP BY c.budget_id, b.settings HAVING sum(c.reserved + c.settled) > (b.settings ->> 'amount')::numeric`,
          );
          over.push(...rows.map(({ used }) => used));
          await delay(7);
        }
      })();
      const undertaker = (async () => {
        while (busy) {
          await delay(20 + 60 * draw());
          const victim = living[Math.floor(draw() * living.length)]!;
          // Some die in the very moment in which the store takes a turn in: its connection is cut as well.
          if (draw() < 0.5)
            await stand.stores.store.query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
             AND application_name = 'amadeus' AND pid <> pg_backend_pid() AND state <> 'idle' AND query NOT LIKE '%HAVING%' LIMIT 1`,
            );
          await victim.die();
          const heir = new Process();
          everyone.push(heir);
          living = living.map((one) => (one === victim ? heir : one));
          for (let turn = 0; turn < 20; turn++) {
            try {
              await victim.recover(heir.ledger);
              break;
            } catch {
              await delay(5);
            }
          }
        }
      })();
      await Promise.all(
        Array.from({ length: 12 }, async (_, client) => {
          for (let call = 0; call < 50; call++) {
            const process = living[client % 3]!;
            const amount = (1 + Math.floor(draw() * 40)) / 10;
            const keys: Record<string, string> = draw() < 0.6 ? { x_Team: 'search' } : {};
            // A process that is dead by now answers no more.
            const held = await Promise.race([
              process.reserve(String(amount), { keys }).catch(() => undefined),
              delay(400).then(() => undefined),
            ]);
            await delay(4 * draw());
            if (process.isDead || !held?.ok || held.reservationId === undefined) continue;
            if (draw() < 0.9)
              await process.settle(held.reservationId, (amount * draw()).toFixed(3)).catch(() => undefined);
          }
        }),
      );
      busy = false;
      await Promise.all([watcher, undertaker]);
      for (const one of living) {
        await one.die();
        await one.recover(new Process().ledger);
      }
      await quiet.close();
      await stand.clock.advance(3_600_000);
      await counters.expire();
      await stand.clock.advance(-3_600_000);
      expect(over).toEqual([]);
      const spent = everyone.reduce((sum, one) => sum.plus(one.spent), zero);
      expect(await totals('b-all')).toEqual({ reserved: '0', settled: spent.toFixed() });
      expect(Number((await totals('b-1')).settled)).toBeLessThanOrEqual(400);
      const last = new Process();
      const left = new Money(600).minus(spent);
      expect((await last.reserve(left.plus('0.001').toFixed(), { keys: {} })).ok).toBe(false);
      expect((await last.reserve(left.toFixed(), { keys: {} })).ok).toBe(true);
    },
    60_000,
  );
});
