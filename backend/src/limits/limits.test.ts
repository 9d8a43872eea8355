import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { LimitBucket } from './limit-bucket.ts';
import { LimitLedger, type Taken } from './limit-ledger.ts';
import { insertLimit } from './limit-repository.ts';
import { countersOf, limitProblem, type LimitSettings } from './limit.ts';
import { RollingBucket } from './rolling-bucket.ts';

const call = { tenant: 'default', key: 'gk_1', team: 'search' };
const limit = (settings: Partial<LimitSettings>): LimitSettings => ({ name: 'l', per: 'team', ...settings });

describe('a limit', () => {
  test('counts each value by itself, and only those that it is for', () => {
    const limits = [
      { id: 'a', settings: limit({ requestsPerMinute: 5, tokensPerDay: 100 }) },
      { id: 'b', settings: limit({ per: 'key', only: ['gk_2'], requestsPerDay: 1 }) },
      { id: 'c', settings: limit({ per: 'customer', requestsPerDay: 1 }) },
    ];
    const names = (of: object) => countersOf({ ...call, ...of }, limits).map(({ name }) => name);
    expect(names({})).toEqual(['["a","requestsPerMinute","search"]', '["a","tokensPerDay","search"]']);
    expect(names({ key: 'gk_2', team: undefined })).toEqual(['["b","requestsPerDay","gk_2"]']);
    expect(limitProblem(limit({}))).toContain('requestsPerMinute');
    expect(limitProblem(limit({ requestsPerDay: 1, timeZone: 'Asia/Atlantis' }))).toContain('Asia/Atlantis');
    expect(limitProblem(limit({ requestsPerDay: 1, timeZone: 'Asia/Seoul', window: 'rolling' }))).toContain('rolling');
  });

  test('holds nothing over into the next minute', () => {
    const counter = countersOf(call, [{ id: 'a', settings: limit({ requestsPerMinute: 5 }) }])[0]!;
    const bucket = new LimitBucket(counter);
    const ask = bucket.ask(3, 60_000);
    expect(ask).toMatchObject({ need: 3, start: 60_000 });
    bucket.answered(ask, { granted: 3, used: 3 }, 60_500);
    expect([bucket.take(3, 61_000), bucket.take(1, 61_000), bucket.left(61_000)]).toEqual([true, false, 2]);
    bucket.correct(-2, 60_000, 61_000);
    expect(bucket.free(61_000)).toBe(2);
    expect(bucket.free(120_000)).toBe(0);
    bucket.correct(-2, 60_000, 120_000);
    expect([bucket.free(120_000), bucket.left(120_000), bucket.endsAt(120_000)]).toEqual([0, 5, 180_000]);
  });
});

describe('windows', () => {
  const of = (settings: Partial<LimitSettings>) => countersOf(call, [{ id: 'a', settings: limit(settings) }])[0]!;
  const at = (time: string): number => Date.parse(time);

  test('of the calendar begin with the day of their time zone, also where it has 23 hours', () => {
    const seoul = new LimitBucket(of({ requestsPerDay: 5, timeZone: 'Asia/Seoul' }));
    expect(seoul.start(at('2026-11-21T14:59:00Z'))).toBe(at('2026-11-20T15:00:00Z'));
    expect(seoul.start(at('2026-11-21T15:00:00Z'))).toBe(at('2026-11-21T15:00:00Z'));
    const berlin = new LimitBucket(of({ requestsPerDay: 5, timeZone: 'Europe/Berlin' }));
    const [start, end] = [berlin.start(at('2026-03-29T12:00:00Z')), berlin.endsAt(at('2026-03-29T12:00:00Z'))];
    expect((end - start) / 3_600_000).toBe(23);
    expect(new LimitBucket(of({ requestsPerMinute: 5, timeZone: 'Asia/Seoul' })).start(61_000)).toBe(60_000);
  });

  test('that roll keep what is used for as long as they are, and give back what is not', () => {
    const bucket = new RollingBucket(of({ tokensPerMinute: 100, window: 'rolling' }));
    const ask = bucket.ask(60, 10_500);
    expect(ask).toMatchObject({ start: 10_000, need: 60, ahead: 0 });
    bucket.answered(ask, {
      granted: 60,
      used: 90,
      parts: new Map([
        [1_000, 30],
        [10_000, 60],
      ]),
    });
    expect([bucket.take(60, 10_600), bucket.take(1, 10_600), bucket.left(10_600)]).toEqual([true, false, 10]);
    expect([bucket.roomAt(40, 10_600), bucket.roomAt(50, 10_600), bucket.roomAt(101, 10_600)]).toEqual([
      ...[62_000, 71_000],
      undefined,
    ]);
    bucket.correct(-20, 10_000, 12_000);
    expect(bucket.left(12_000)).toBe(30);
    expect(bucket.ask(0, 13_000).returns).toEqual(new Map([[10_000, 20]]));
    expect([bucket.left(61_999), bucket.left(62_000), bucket.left(71_000)]).toEqual([30, 60, 100]);
  });
});

describe('while the store is away', () => {
  const of = (settings: Partial<LimitSettings>) => countersOf(call, [{ id: 'a', settings: limit(settings) }])[0]!;

  test('a process has what it holds, and what it knows to be left beyond it, until the minute is over', () => {
    const bucket = new LimitBucket(of({ requestsPerMinute: 10 }));
    bucket.answered(bucket.ask(4, 60_000), { granted: 4, used: 7 }, 60_000);
    const ask = bucket.ask(0, 60_000);
    expect(ask).toMatchObject({ surplus: 4, beyond: 0, isAlone: false });
    bucket.alone(60_000, ask, false);
    expect([bucket.free(60_000), bucket.left(60_000), bucket.hasNews(60_000)]).toEqual([4, 7, true]);
    expect([bucket.take(7, 60_000), bucket.take(1, 60_000), bucket.left(60_000)]).toEqual([true, false, 0]);
    expect(bucket.ask(1, 60_000)).toMatchObject({ need: 1, surplus: 0, beyond: 3, isAlone: true });
    expect([bucket.take(1, 120_000), bucket.hasNews(120_000)]).toEqual([false, false]);
    // What failed in the minute that is over is not held in this one.
    bucket.alone(120_000, ask, false);
    expect([bucket.free(120_000), bucket.left(120_000)]).toEqual([0, 10]);
  });

  test('of a rolling window what was granted and not taken goes back', () => {
    const bucket = new RollingBucket(of({ tokensPerMinute: 100, window: 'rolling' }));
    bucket.answered(bucket.ask(120, 10_500), { granted: 100, used: 100, parts: new Map([[10_000, 100]]) });
    expect(bucket.take(60, 10_600)).toBe(true);
    bucket.alone(10_600, bucket.ask(50, 10_600), true);
    expect([bucket.left(10_600), bucket.take(41, 10_600), bucket.take(30, 10_600)]).toEqual([40, false, true]);
    expect(bucket.ask(0, 10_700).returns).toEqual(new Map([[10_000, 10]]));
  });
});

describe('ledgers of several processes', () => {
  let stores: TestStores;
  let store: Store;
  const clock = new ManualClock('2026-11-21T12:00:10Z');
  beforeAll(async () => {
    stores = await testStores();
    store = stores.store;
  });
  beforeEach(() => store.query('TRUNCATE gateway_limit, gateway_limit_use'));
  afterAll(() => stores.close());

  const ledgerOf = (fixed: LimitSettings[], over: Store = store) =>
    new LimitLedger({ store: over, clock, fixed, onFault: () => undefined });
  const isTaken = (answer: object): answer is Taken => 'counts' in answer;
  const usedInStore = async (): Promise<number> => {
    const [row] = await store.query<{ used: string }>('SELECT sum(used)::text AS used FROM gateway_limit_use');
    return Number(row!.used);
  };
  /** The store behind a line that breaks before a transaction begins, or after its commit, whose answer is then lost. */
  const lineToStore = () => {
    const line = { breaks: undefined as 'before' | 'after' | undefined, store: undefined as unknown as Store };
    const transaction = async (work: Parameters<Store['transaction']>[0]) => {
      if (line.breaks === 'before') throw new Error('away');
      const answer = await store.transaction(work);
      if (line.breaks === 'after') throw new Error('lost');
      return answer;
    };
    line.store = { query: store.query.bind(store), transaction } as unknown as Store;
    return line;
  };

  test('let through exactly as many requests as there are, together, and again in the next minute', async () => {
    const ledgers = [1, 2, 3].map(() => ledgerOf([limit({ requestsPerMinute: 40 })]));
    const all = await Promise.all(Array.from({ length: 60 }, async (_, n) => ledgers[n % 3]!.take(call, 1)));
    expect(all.filter(isTaken)).toHaveLength(40);
    expect(all.find((answer) => !isTaken(answer))).toMatchObject({
      counter: { limit: 'l', kind: 'requestsPerMinute', most: 40 },
      roomAt: Date.parse('2026-11-21T12:01:00Z'),
    });
    await clock.advance(60_000);
    expect(isTaken(await ledgers[0]!.take(call, 1))).toBe(true);
    await clock.advance(-60_000);
  });

  test('hold the tokens that a call may use, and count those that it did', async () => {
    const [one, two] = [0, 1].map(() => ledgerOf([limit({ tokensPerDay: 1000 })])) as [LimitLedger, LimitLedger];
    const taken = await one.take(call, 900);
    expect(await two.take(call, 200)).toMatchObject({ left: expect.any(Number) });
    one.settle(taken as Taken, 300);
    await one.turn();
    expect(isTaken(await two.take(call, 600))).toBe(true);
    expect(isTaken(await two.take(call, 200))).toBe(false);
    expect(await one.take(call, 1001)).toMatchObject({ roomAt: undefined });
    const more = (await two.take(call, 50)) as Taken;
    two.settle(more, 140);
    await two.turn();
    const [row] = await store.query<{ used: string }>('SELECT used::text AS used FROM gateway_limit_use');
    expect(row!.used).toBe('1040');
  });

  test('take from all limits of a call or from none, and know new ones within their next look', async () => {
    const ledger = ledgerOf([limit({ requestsPerDay: 10 })]);
    const settings = limit({ name: 'k', per: 'key', requestsPerDay: 1 });
    await insertLimit(store, { tenant: 'default', id: 'gl_1', settings, createdBy: 'Ada', createdAt: clock.now() });
    await ledger.look();
    expect(isTaken(await ledger.take(call, 1))).toBe(true);
    expect(await ledger.take(call, 1)).toMatchObject({ counter: { limit: 'k' } });
    await ledger.turn();
    const rows = await store.query<{ used: string }>(
      `SELECT used::text AS used FROM gateway_limit_use WHERE counter LIKE '%file:l%'`,
    );
    expect(rows).toEqual([{ used: '1' }]);
    expect(isTaken(await ledger.take({ ...call, tenant: 'other' }, 1))).toBe(true);
  });

  test('let through what a rolling window has room for, whichever minute it is', async () => {
    const rule = limit({ requestsPerMinute: 10, window: 'rolling' });
    const ledgers = [1, 2].map(() => ledgerOf([rule]));
    const taken = async (count: number): Promise<number> => {
      const all = await Promise.all(Array.from({ length: count }, async (_, n) => ledgers[n % 2]!.take(call, 1)));
      return all.filter(isTaken).length;
    };
    // 12:00:10, then over the end of the minute.
    expect(await taken(6)).toBe(6);
    await clock.advance(45_000);
    expect(await taken(8)).toBe(4);
    await clock.advance(10_000);
    expect(await taken(3)).toBe(0);
    expect(await ledgers[0]!.take(call, 1)).toMatchObject({ left: 0, roomAt: Date.parse('2026-11-21T12:01:11Z') });
    await clock.advance(6_000);
    expect(await taken(8)).toBe(6);
    await clock.advance(-61_000);
  });

  test('of a rolling window count tokens as they were used, and make up for it when the store was away', async () => {
    const rule = limit({ tokensPerMinute: 100, window: 'rolling' });
    const line = lineToStore();
    const [one, two] = [ledgerOf([rule], line.store), ledgerOf([rule])];
    one.settle((await one.take(call, 90)) as Taken, 20);
    await one.turn();
    expect(isTaken(await two.take(call, 70))).toBe(true);
    line.breaks = 'before';
    expect([isTaken(await one.take(call, 50)), isTaken(await one.take(call, 50))]).toEqual([true, false]);
    line.breaks = undefined;
    await one.turn();
    expect(await two.take(call, 1)).toMatchObject({ left: 0 });
  });

  test('of a rolling window give back once what the store may have heard of', async () => {
    const line = lineToStore();
    const ledger = ledgerOf([limit({ tokensPerMinute: 100, window: 'rolling' })], line.store);
    await ledger.take(call, 20);
    ledger.settle((await ledger.take(call, 70)) as Taken, 30);
    line.breaks = 'after';
    await ledger.turn();
    line.breaks = undefined;
    await ledger.turn();
    expect(await usedInStore()).toBe(50);
  });

  test('count for themselves while the store is away', async () => {
    const away = { transaction: () => Promise.reject(new Error('away')) } as unknown as Store;
    const ledger = ledgerOf([limit({ requestsPerMinute: 3 })], away);
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(isTaken(await ledger.take(call, 1)));
    expect(answers).toEqual([true, true, true, false]);
  });

  describe('of the calendar, when the store was away,', () => {
    const rule = limit({ tokensPerDay: 1000 });

    test('leave what others used as it is where nothing was used meanwhile', async () => {
      const [line, other] = [lineToStore(), lineToStore()];
      const [one, two, begun] = [ledgerOf([rule], line.store), ledgerOf([rule]), ledgerOf([rule], other.store)];
      expect(isTaken(await two.take(call, 500))).toBe(true);
      expect(isTaken(await one.take(call, 100))).toBe(true);
      [line.breaks, other.breaks] = ['before', 'before'];
      expect(await one.take(call, 401)).toMatchObject({ left: 400 });
      one.settle((await begun.take(call, 1000)) as Taken, 0);
      line.breaks = other.breaks = undefined;
      for (const ledger of [one, begun, one, begun]) await ledger.turn();
      expect(await usedInStore()).toBe(600);
      expect([isTaken(await two.take(call, 401)), isTaken(await two.take(call, 400))]).toEqual([false, true]);
    });

    test('make up for what they used beyond what it granted, also where that is more than there was', async () => {
      const [line, other] = [lineToStore(), lineToStore()];
      const [one, two, begun] = [ledgerOf([rule], line.store), ledgerOf([rule]), ledgerOf([rule], other.store)];
      await two.take(call, 500);
      await one.take(call, 100);
      [line.breaks, other.breaks] = ['before', 'before'];
      expect([isTaken(await one.take(call, 300)), isTaken(await one.take(call, 101))]).toEqual([true, false]);
      expect([isTaken(await begun.take(call, 700)), isTaken(await begun.take(call, 301))]).toEqual([true, false]);
      line.breaks = undefined;
      await one.turn();
      expect(await usedInStore()).toBe(900);
      other.breaks = undefined;
      await begun.turn();
      expect(await usedInStore()).toBe(1600);
      for (const ledger of [one, two, begun]) expect(await ledger.take(call, 1)).toMatchObject({ left: 0 });
    });

    test('count with it again at the next turn, though they have nothing to tell', async () => {
      for (const window of ['calendar', 'rolling'] as const) {
        const line = lineToStore();
        const [one, two] = [line.store, store].map((over) => ledgerOf([{ ...rule, name: window, window }], over)) as [
          LimitLedger,
          LimitLedger,
        ];
        line.breaks = 'before';
        one.settle((await one.take(call, 1)) as Taken, 0);
        await one.turn();
        line.breaks = undefined;
        expect(isTaken(await two.take(call, 900))).toBe(true);
        await one.turn();
        expect(isTaken(await one.take(call, 101))).toBe(false);
      }
    });

    test('give back what they could not give back then', async () => {
      const line = lineToStore();
      const ledger = ledgerOf([rule], line.store);
      ledger.settle((await ledger.take(call, 900)) as Taken, 300);
      line.breaks = 'before';
      await ledger.turn();
      await ledger.turn();
      expect(await usedInStore()).toBe(900);
      line.breaks = undefined;
      await ledger.turn();
      expect(await usedInStore()).toBe(300);
    });

    test('give back once what it may have heard of, and count twice what it may not', async () => {
      const line = lineToStore();
      const ledger = ledgerOf([rule], line.store);
      await ledger.take(call, 100);
      ledger.settle((await ledger.take(call, 800)) as Taken, 300);
      line.breaks = 'after';
      await ledger.turn();
      expect(await usedInStore()).toBe(400);
      line.breaks = undefined;
      await ledger.turn();
      expect(await usedInStore()).toBe(400);
      line.breaks = 'after';
      expect(isTaken(await ledger.take(call, 50))).toBe(true);
      line.breaks = undefined;
      await ledger.turn();
      expect(await usedInStore()).toBe(500);
    });
  });

  test('ask again in the new minute where the minute that was asked for is over', async () => {
    let turns = 0;
    const over = {
      transaction: (work: Parameters<Store['transaction']>[0]) =>
        store.transaction(async (tx) => {
          const answer = await work(tx);
          if (turns++ === 0) await clock.advance(60_000);
          return answer;
        }),
    } as unknown as Store;
    const ledger = ledgerOf([limit({ requestsPerMinute: 6 })], over);
    const all = await Promise.all(Array.from({ length: 8 }, async () => ledger.take(call, 1)));
    expect(all.map(isTaken)).toEqual([true, true, true, true, true, true, false, false]);
    expect(all[7]).toMatchObject({ left: 0, roomAt: Date.parse('2026-11-21T12:02:00Z') });
    expect(turns).toBe(2);
    await clock.advance(-60_000);
  });
});
