import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../platform/clock/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import type { WorkloadSource } from '../workloads/index.ts';
import { EventDesk } from './event-desk.ts';
import { testRooms, type TestRooms } from './fixtures/test-rooms.ts';
import { openShippedNetwork } from './model-file.ts';
import { selectState } from './state-repository.ts';
import { saveWeights, selectVersions } from './weights-repository.ts';

const minuteMs = 60_000;
const start = Date.parse('2026-11-18T00:00:00Z');
const live = start + 2 * 1440 * minuteMs;
const never = new AbortController().signal;
const everything: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };

const noise = (i: number): number => 2 * ((((i * 7919) % 1009) + 0.5) / 1009) - 1;
const traffic = (minute: number): number =>
  Math.round(
    1000 +
      400 * Math.sin((2 * Math.PI * minute) / 1440) +
      200 * Math.sin((2 * Math.PI * minute) / 37) +
      30 * noise(minute),
  );

/** Two workloads with a cycle; `late` minutes are not there yet. */
const late = new Set<number>();
const shop: WorkloadSource = {
  name: 'shop',
  read: async ({ from, to }) => ({
    notices: [],
    samples: ['shop/frontend', 'shop/cart'].flatMap((workload, index) =>
      Array.from({ length: (to.getTime() - from.getTime()) / minuteMs }, (_, i) => from.getTime() + i * minuteMs)
        .filter((minute) => !late.has(minute))
        .map((minute) => ({
          workload,
          minute,
          requests: traffic(minute / minuteMs) / (index + 1),
          cpuCores: 1,
          memoryBytes: 1e9,
          replicas: 3,
        })),
    ),
  }),
};

let stores: TestStores;
let clock: ManualClock;
let rooms: TestRooms;

async function turns(count: number, using: TestRooms = rooms): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    await using.workloads.collect(never);
    await using.forecasting.issue(never);
    await clock.advance(minuteMs);
  }
}

async function stored<Row>(sql: string): Promise<Row[]> {
  return (await stores.warehouse.query<Row>(sql)).rows;
}

beforeAll(async () => {
  stores = await testStores();
  clock = new ManualClock(live + 15_000);
  rooms = testRooms(stores, clock);
  await rooms.workloads.keepFrom(shop, { from: new Date(start), to: new Date(live - 60 * minuteMs) });
  rooms.workloads.addSource(shop);
  await turns(15);
});
afterAll(() => stores.close());

describe('forecasts after every minute', () => {
  test('are kept for each forecaster and horizon with their time of issue', async () => {
    const rows = await stored<{ Forecaster: string; horizons: number; n: string }>(
      `SELECT Forecaster, toUInt32(uniq(HorizonMinutes)) AS horizons, count() AS n FROM fact_forecast FINAL
       WHERE IssuedAt >= toDateTime(${live / 1000 - 60}, 'UTC') AND Workload = 'shop/cart' AND Replayed = 0
         AND TargetMinute = IssuedAt + 60 * HorizonMinutes
       GROUP BY Forecaster ORDER BY Forecaster`,
    );
    expect(rows).toEqual(
      ['autoregressive', 'ensemble', 'lstm', 'persistence', 'seasonal-naive'].map((Forecaster) => ({
        Forecaster,
        horizons: 10,
        n: '150',
      })),
    );
  });

  test('are computed from what was there at their time of issue only', async () => {
    const [row] = await stored<{ Predicted: number }>(
      `SELECT Predicted FROM fact_forecast FINAL WHERE Forecaster = 'persistence' AND Workload = 'shop/frontend'
         AND HorizonMinutes = 10 AND IssuedAt = toDateTime(${live / 1000}, 'UTC')`,
    );
    expect(row!.Predicted).toBe(traffic(live / minuteMs));
  });

  test('are scored against what came, as counting by hand scores them', async () => {
    const to = clock.now();
    const query = { workload: 'shop/frontend', from: new Date(to.getTime() - 1440 * minuteMs), to };
    const { rows } = await rooms.forecasting.accuracy(query, everything);
    const own = rows.find((row) => row.forecaster === 'persistence' && row.horizon === 10)!;
    const scored = Array.from({ length: own.n }, (_, i) => Math.floor(to.getTime() / minuteMs) - 2 - i);
    const errors = scored.map((minute) => Math.abs(traffic(minute) - traffic(minute - 10)));
    expect(own.n).toBe(63);
    expect(own.mae).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 6);
    expect(rows).toHaveLength(50);
    for (const row of rows) expect(row.coverage).toBeLessThanOrEqual(1);
  });

  test('go on where they were after a restart, and what was issued stays as it was', async () => {
    const issued = 'SELECT * EXCEPT ComputedAt FROM fact_forecast FINAL WHERE Replayed = 0 ORDER BY ALL';
    const before = await stored<object>(issued);
    const again = testRooms(stores, clock);
    again.workloads.addSource(shop);
    await again.workloads.collect(never);
    await again.forecasting.issue(never);
    expect(
      await stored<object>(
        `${issued.replace('Replayed = 0', `Replayed = 0 AND IssuedAt < toDateTime(${minuteOf(clock)} - 60, 'UTC')`)}`,
      ),
    ).toEqual(before);
    const restarted = await newest(clock, 'autoregressive');
    // The one that never stopped says nearly the same after the same minute.
    await stores.warehouse.command(
      `DELETE FROM fact_forecast WHERE IssuedAt >= toDateTime(${minuteOf(clock)} - 60, 'UTC')`,
    );
    await rooms.forecasting.issue(never);
    const uninterrupted = await newest(clock, 'autoregressive');
    expect(restarted).toHaveLength(10);
    for (const [h, row] of restarted.entries()) {
      expect(Math.abs(row.Predicted / uninterrupted[h]!.Predicted - 1)).toBeLessThan(0.02);
    }
    await clock.advance(minuteMs);
  });

  test('follow minutes that came late', async () => {
    const minute = Math.floor(clock.now().getTime() / minuteMs) * minuteMs - minuteMs;
    late.add(minute);
    await turns(1);
    expect(await issuedAt(minute)).toBe(0);
    late.clear();
    await turns(1);
    expect(await issuedAt(minute)).toBe(100);
  });

  test('make the better forecaster champion, with the evidence, and a person may overrule it', async () => {
    await rooms.forecasting.replayForecasts({ workload: 'shop/cart' }, new Date(live - 60 * minuteMs), new Date(live));
    const of = { workload: 'shop/cart', from: new Date(live - 60 * minuteMs), to: new Date(live + 5 * minuteMs) };
    const proven = (await rooms.forecasting.accuracy(of, everything)).champion;
    expect(['autoregressive', 'lstm', 'ensemble']).toContain(proven.forecaster);
    expect(proven).toMatchObject({ pinned: false });
    const handler = rooms.registered.get('forecast.pin')!;
    const pin = { tenant: 'default', workload: 'shop/cart', forecaster: 'seasonal-naive' };
    const context = { changeId: 7, tenant: 'default', idempotencyKey: 'k', signal: never };
    expect(await handler.preview(pin)).toMatchObject({
      summary: 'Pin shop/cart to seasonal-naive',
      before: { forecaster: null },
    });
    const applied = await handler.apply(pin, context);
    expect(await handler.apply(pin, context)).toEqual(applied);
    expect(await handler.verify!(pin, applied, context)).toMatchObject({ ok: true });
    expect((await rooms.forecasting.accuracy(of, everything)).champion).toMatchObject({
      forecaster: 'seasonal-naive',
      pinned: true,
    });
    expect((await rooms.forecasting.trafficSeries({ ...of, horizonMinutes: 10 }, everything)).forecaster).toBe(
      'seasonal-naive',
    );
    await handler.rollback!(pin, applied, context);
    expect((await rooms.forecasting.accuracy(of, everything)).champion).toMatchObject({
      forecaster: proven.forecaster,
      pinned: false,
    });
  });

  test('cannot be pinned to what does not exist, or in another tenant', async () => {
    const handler = rooms.registered.get('forecast.pin')!;
    const pin = { tenant: 'default', workload: 'shop/cart', forecaster: 'oracle' };
    const context = { changeId: 8, tenant: 'default', idempotencyKey: 'k', signal: never };
    await expect(handler.preview(pin)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const foreign = { ...pin, forecaster: 'persistence', tenant: 'other' };
    await expect(handler.apply(foreign, context)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('a replay', () => {
  test('gives the same forecast for a minute, however much came after it', async () => {
    const read = (): Promise<object[]> =>
      stored<object>(
        `SELECT Forecaster, HorizonMinutes, IssuedAt, Predicted, Lower, Upper, Replayed FROM fact_forecast FINAL
         WHERE Workload = 'shop/cart' AND IssuedAt >= toDateTime(${start / 1000 + 86_400}, 'UTC')
           AND IssuedAt < toDateTime(${start / 1000 + 86_400 + 1_800}, 'UTC') ORDER BY ALL`,
      );
    const from = new Date(start + 1440 * minuteMs);
    const cart = { workload: 'shop/cart' };
    expect(await rooms.forecasting.replayForecasts(cart, from, new Date(from.getTime() + 30 * minuteMs))).toBe(1500);
    const short = await read();
    await rooms.forecasting.replayForecasts(cart, from, new Date(from.getTime() + 120 * minuteMs));
    expect(await read()).toEqual(short);
    expect(short).toHaveLength(1500);
    expect(short[0]).toMatchObject({ Replayed: 1 });
  });
});

describe('what pages and panels ask for', () => {
  const hour = (): { from: Date; to: Date } => ({
    from: new Date(minuteOf(clock) * 1000 - 31 * minuteMs),
    to: new Date(minuteOf(clock) * 1000 + 9 * minuteMs),
  });

  test('the series holds what came, what was predicted for it, and the minutes ahead', async () => {
    const answer = await rooms.forecasting.trafficSeries(
      { workload: 'shop/frontend', ...hour(), horizonMinutes: 10 },
      everything,
    );
    expect(answer.minutes).toHaveLength(40);
    const past = answer.actual.filter((value) => value !== null);
    expect(past.length).toBeGreaterThanOrEqual(28);
    expect(answer.actual.slice(-9)).toEqual(new Array(9).fill(null));
    expect(answer.ahead!.minutes.at(-1)).toBe(answer.minutes.at(-1));
    for (const [i, value] of answer.predicted.entries()) {
      expect(value).not.toBeNull();
      expect(answer.lower[i]!).toBeLessThanOrEqual(value!);
      expect(answer.upper[i]!).toBeGreaterThanOrEqual(value!);
    }
    expect(answer.ahead!.minutes).toHaveLength(10);
    expect(answer.ahead!.predicted.at(-1)).toBe(
      answer.predicted.at(answer.minutes.indexOf(answer.ahead!.minutes.at(-1)!)),
    );
  });

  test('the next peak is the highest minute that a champion foresees', async () => {
    const peak = await rooms.forecasting.nextPeak(everything);
    expect(peak).toMatchObject({ workload: 'shop/frontend' });
    expect(peak!.at.getTime()).toBeGreaterThanOrEqual(clock.now().getTime() - minuteMs);
    expect(peak!.upper).toBeGreaterThanOrEqual(peak!.requestsPerMinute);
  });

  test('the accuracy of all is that of the champions', async () => {
    const overall = await rooms.forecasting.overallAccuracy(everything);
    expect(overall!.mape10).toBeGreaterThan(0);
    expect(overall!.mape10).toBeLessThan(0.5);
    expect(overall!.coverage).toBeGreaterThan(0.3);
  });

  test('the list of workloads has the busiest first, with its champion', async () => {
    const list = await rooms.workloads.workloads(everything);
    expect(list.map(({ workload }) => workload)).toEqual(['shop/frontend', 'shop/cart']);
    expect(list[0]).toMatchObject({ region: 'default', state: 'fresh', replicas: 3, champion: expect.any(String) });
    expect(list[0]!.requestsPerMinute).toBe(traffic(Date.parse(list[0]!.lastMinute) / minuteMs));
  });

  test('another tenant, and one without the region, see nothing', async () => {
    for (const scope of [
      { ...everything, tenant: 'org-2' },
      { ...everything, regions: ['eu-west'] },
    ]) {
      expect(await rooms.workloads.workloads(scope)).toEqual([]);
      expect(await rooms.forecasting.nextPeak(scope)).toBeUndefined();
      const query = { workload: 'shop/frontend', ...hour(), horizonMinutes: 10 };
      await expect(rooms.forecasting.trafficSeries(query, scope)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const named = await rooms.forecasting.trafficSeries({ ...query, region: 'default' }, scope);
      expect(named.actual.every((value) => value === null)).toBe(true);
      expect(named.predicted.every((value) => value === null)).toBe(true);
    }
  });

  test('SQL in a name stays a name', async () => {
    const query = { workload: "' OR 1=1 --", ...hour(), horizonMinutes: 10 };
    await expect(rooms.forecasting.trafficSeries(query, everything)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a range of years and an empty range are refused', async () => {
    const query = { workload: 'shop/cart', horizonMinutes: 10 };
    const years = { from: new Date(0), to: clock.now() };
    await expect(rooms.forecasting.trafficSeries({ ...query, ...years }, everything)).rejects.toMatchObject({
      code: 'QUERY_LIMIT',
    });
    const empty = { from: clock.now(), to: clock.now() };
    await expect(rooms.forecasting.trafficSeries({ ...query, ...empty }, everything)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });
});

describe("training on the workloads' own minutes", () => {
  const key = (workload: string) => ({ tenant: 'default', region: 'default', workload });

  test('happens once a day within its bound, and is kept with how it was judged', async () => {
    const tuning = { secondsPerDay: 60, secondsPerTurn: 60, days: 2, steps: 3 };
    const tuned = testRooms(stores, clock, { tuning });
    await tuned.forecasting.fineTune(never);
    const versions = await selectVersions(stores.store, key('shop/cart'));
    expect(versions).toHaveLength(1);
    expect(versions[0]).toMatchObject({ version: 1, steps: 3 });
    expect(versions[0]!.lessons).toBeGreaterThan(1000);
    expect(versions[0]!.lossAfter).toBeGreaterThan(0);
    await tuned.forecasting.fineTune(never);
    expect(await selectVersions(stores.store, key('shop/cart'))).toHaveLength(1);
  });

  test('makes a challenger of weights that were accepted, for minutes after those that it has seen', async () => {
    const { weights, hash } = await openShippedNetwork().then(({ network, hash: of }) => ({
      weights: network.weights,
      hash: of,
    }));
    const learned = { trainedFrom: new Date(start), trainedUntil: clock.now(), lessons: 9, steps: 9, seconds: 1 };
    const judged = { base: hash, weights, lossBefore: 2, lossAfter: 1, createdAt: clock.now() };
    await saveWeights(stores.store, { ...key('shop/cart'), ...learned, ...judged });
    await turns(3);
    const count = `SELECT Forecaster, toUInt32(count()) AS n FROM fact_forecast FINAL WHERE Workload = 'shop/cart'
      AND Forecaster LIKE 'lstm%' AND HorizonMinutes = 1 AND IssuedAt >= toDateTime(${learned.trainedUntil.getTime()} / 1000, 'UTC')
      GROUP BY Forecaster ORDER BY Forecaster`;
    const rows = await stored<{ Forecaster: string; n: number }>(count);
    expect(rows.map(({ Forecaster }) => Forecaster)).toEqual(['lstm', 'lstm-tuned']);
  });

  test('what is noticed about samples is kept for pages', async () => {
    const state = await selectState(stores.store, key('shop/cart'));
    expect(state).toMatchObject({ drift: null, notices: expect.any(Array) });
  });
});

describe('known events', () => {
  const audited: { action: string; target: string }[] = [];
  const actor = { id: 'user:1', name: 'Kim', scope: everything };
  const desk = () =>
    new EventDesk(
      {
        store: stores.store,
        clock,
        config: stores.config,
        audit: { record: async (event) => void audited.push(event) },
      },
      async () => () => true,
    );
  const input = (name: string, from: number, minutes: number, ratio?: number) => ({
    name,
    workload: 'shop/cart',
    startsAt: new Date(from).toISOString(),
    endsAt: new Date(from + minutes * minuteMs).toISOString(),
    ...(ratio === undefined ? {} : { ratio }),
  });

  test('raise the forecast ahead of their start, from when they are known', async () => {
    const now = minuteOf(clock) * 1000;
    const { id } = await desk().create(input('sale', now + 5 * minuteMs, 60, 3), actor, 'Announced');
    // The minute that has just closed did not know of it yet.
    await turns(2);
    const rows = await stored<{ workload: string; Predicted: number }>(
      `SELECT Workload AS workload, Predicted FROM fact_forecast FINAL WHERE Forecaster = 'persistence' AND HorizonMinutes = 10
         AND IssuedAt = toDateTime(${now / 1000}, 'UTC') ORDER BY workload`,
    );
    const last = traffic(now / minuteMs);
    expect(rows[0]).toMatchObject({ workload: 'shop/cart' });
    expect(rows[0]!.Predicted / (last / 2)).toBeCloseTo(3, 6);
    expect(rows[1]!.Predicted / last).toBeCloseTo(1, 6);
    const event = await desk().get(id, everything);
    await expect(desk().change(id, input('sale', now, 60), event.version + 1, actor)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const changed = await desk().change(id, input('sale', now + 30 * minuteMs, 60, 2), event.version, actor);
    expect(changed).toMatchObject({ version: 2, ratio: 2 });
    await desk().remove(id, actor, 'Called off');
    await expect(desk().get(id, everything)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(audited.map(({ action }) => action)).toEqual(['event.created', 'event.changed', 'event.deleted']);
  });

  test('are learned from once they are over, for the next of the name', async () => {
    const now = minuteOf(clock) * 1000;
    await desk().create(input('deploy', now - 600 * minuteMs, 30), actor);
    await desk().create(input('deploy', now + 20 * minuteMs, 30, 5), actor);
    expect(await rooms.forecasting.learnEvents(never)).toBe(1);
    expect(await rooms.forecasting.learnEvents(never)).toBe(0);
    const key = { tenant: 'default', region: 'default', workload: 'shop/cart' };
    const range = { from: new Date(now), to: new Date(now + 60 * minuteMs) };
    const [next, ...others] = await rooms.forecasting.events.upcoming(key, range);
    expect(others).toEqual([]);
    expect(next).toMatchObject({ name: 'deploy', learnedFrom: 1 });
    // Nothing happened at the earlier one, whatever people had said.
    for (const { ratio } of next!.expected) expect(Math.abs(ratio - 1)).toBeLessThan(0.5);
  });

  test('of a file are kept as the file says, and cannot be changed by the API', async () => {
    const now = clock.now().getTime();
    const holiday = { ...input('holiday', now + 90 * minuteMs, 600), id: 'new-year', tenant: 'default' };
    await desk().adopt([holiday], 'file', () => true);
    const kept = await desk().get('new-year', everything);
    await desk().adopt([holiday], 'file', () => true);
    expect(await desk().get('new-year', everything)).toEqual(kept);
    await expect(desk().remove('new-year', actor)).rejects.toMatchObject({ code: 'CONFLICT' });
    await desk().adopt([], 'file', () => true);
    await expect(desk().get('new-year', everything)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of another tenant are not seen', async () => {
    const range = { from: new Date(0), to: new Date(4e12) };
    expect((await desk().list(range, everything)).length).toBeGreaterThan(0);
    expect(await desk().list(range, { ...everything, tenant: 'org-2' })).toEqual([]);
  });
});

function minuteOf(at: ManualClock): number {
  return Math.floor(at.now().getTime() / minuteMs) * 60;
}

async function newest(at: ManualClock, forecaster: string): Promise<{ Predicted: number }[]> {
  return stored(
    `SELECT Predicted FROM fact_forecast FINAL WHERE Forecaster = '${forecaster}' AND Workload = 'shop/frontend'
       AND IssuedAt = toDateTime(${minuteOf(at)} - 60, 'UTC') ORDER BY HorizonMinutes`,
  );
}

async function issuedAt(minute: number): Promise<number> {
  const [row] = await stored<{ n: number }>(
    `SELECT toUInt32(count()) AS n FROM fact_forecast FINAL WHERE IssuedAt = toDateTime(${minute / 1000}, 'UTC')`,
  );
  return row!.n;
}
