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
    expect(row!.used).toBe('1000');
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
    let isAway = false;
    const over = {
      query: store.query.bind(store),
      transaction: (work: Parameters<Store['transaction']>[0]) =>
        isAway ? Promise.reject(new Error('away')) : store.transaction(work),
    } as unknown as Store;
    const [one, two] = [ledgerOf([rule], over), ledgerOf([rule])];
    one.settle((await one.take(call, 90)) as Taken, 20);
    await one.turn();
    expect(isTaken(await two.take(call, 70))).toBe(true);
    isAway = true;
    expect([isTaken(await one.take(call, 50)), isTaken(await one.take(call, 50))]).toEqual([true, false]);
    isAway = false;
    await one.turn();
    expect(await two.take(call, 1)).toMatchObject({ left: 0 });
  });

  test('count for themselves while the store is away', async () => {
    const away = { transaction: () => Promise.reject(new Error('away')) } as unknown as Store;
    const ledger = ledgerOf([limit({ requestsPerMinute: 3 })], away);
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(isTaken(await ledger.take(call, 1)));
    expect(answers).toEqual([true, true, true, false]);
  });
});
