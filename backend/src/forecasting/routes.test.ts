import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AppError } from '../platform/errors/index.ts';
import { testServer } from '../platform/http/http-fixture.ts';
import type { App } from '../platform/http/index.ts';
import type { Caller, Permission } from '../platform/identity/index.ts';
import { forecastingRoutes, type ForecastingDoors } from './routes.ts';
import type { TrafficQuery } from './traffic.ts';

const scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' } as const;
const caller = (permissions: Permission[]): Caller => ({
  ...{ kind: 'person', id: 'user:1', name: 'Kim', roles: [], scope },
  permissions: new Set(permissions),
});
const nothing = {
  minutes: [0, 60_000],
  actual: [1, null],
  predicted: [2, 3],
  lower: [1, 1],
  upper: [3, 4],
  replicas: [1, 1],
};
const asked: TrafficQuery[] = [];
const pins: object[] = [];
const row = { region: 'eu', workload: 'shop/cart', n: 5, mae: 1, rmse: 2, mape: null, coverage: 0.8 };

const doors: Omit<ForecastingDoors, 'clock'> = {
  stepMs: 60_000,
  traffic: {
    series: async (query) => {
      asked.push(query);
      if (query.workload === 'none') throw new AppError('NOT_FOUND', 'No workload "none" is known to you.');
      return { ...nothing, workload: query.workload, region: 'eu', forecaster: 'persistence' };
    },
    accuracy: async () => ({
      region: 'eu',
      rows: ['autoregressive', 'persistence'].map((forecaster) => ({ ...row, forecaster, horizon: 10 })),
      champion: { forecaster: 'autoregressive', pinned: false, since: new Date(0), evidence: null },
    }),
    model: async () => ({
      region: 'eu',
      champion: { forecaster: 'lstm', pinned: false, since: new Date(0), evidence: null },
      noticed: {
        at: new Date('2026-11-21T09:59:00Z'),
        drift: { since: '2026-11-21T08:00:00.000Z', factor: 3 },
        notices: [{ kind: 'gaps', minutes: 4, text: '4 minutes' }],
      },
      tunings: [],
    }),
  },
  network: async () => ({ name: 'traffic-lstm', weights: 7, sha256: 'a1', windowMinutes: 60, horizonMinutes: 10 }),
  proposePin: async (pin) => {
    pins.push(pin);
    return { changeId: 41, state: 'proposed' };
  },
};

let app: App;
beforeEach(async () => {
  asked.length = 0;
  pins.length = 0;
  const identity = {
    anonymous: caller([]),
    authenticate: async (headers: { authorization?: string | undefined }) =>
      caller(headers.authorization === 'Bearer writer' ? ['traffic:read', 'changes:propose'] : ['traffic:read']),
  };
  const server = await testServer(
    (target) =>
      forecastingRoutes(target, {
        ...doors,
        clock: { now: () => new Date('2026-11-21T10:00:00Z'), sleep: async () => {} },
      }),
    { parts: { identity } },
  );
  app = server.app;
});
afterEach(() => app.close());

const get = (url: string) => app.inject({ url, headers: { authorization: 'Bearer reader' } });

describe('GET /api/traffic/:workload/series', () => {
  test('takes the id URL-encoded, or as two parts where a proxy has decoded it', async () => {
    for (const id of ['shop%2Fcart', 'shop/cart']) {
      const answer = await get(`/api/traffic/${id}/series`);
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({
        workload: 'shop/cart',
        minutes: ['1970-01-01T00:00:00.000Z', '1970-01-01T00:01:00.000Z'],
        ahead: null,
      });
    }
    expect(asked).toHaveLength(2);
  });

  test('asks for the last hour and ten minutes ahead by default', async () => {
    await get('/api/traffic/cart/series');
    expect(asked[0]).toEqual({
      workload: 'cart',
      from: new Date('2026-11-21T09:10:00Z'),
      to: new Date('2026-11-21T10:10:00Z'),
      horizonMinutes: 10,
    });
  });

  test('takes ISO instants and epoch milliseconds', async () => {
    await get('/api/traffic/cart/series?from=2026-11-20T00:00:00Z&to=1795262400000&horizon=3&forecaster=persistence');
    expect(asked[0]).toMatchObject({
      from: new Date('2026-11-20T00:00:00Z'),
      to: new Date(1_795_262_400_000),
      horizonMinutes: 3,
      forecaster: 'persistence',
    });
  });

  test.each([
    ['from=yesterday', 'BAD_REQUEST'],
    ['from=9999-01-01T00:00:00Z', 'BAD_REQUEST'],
    ['horizon=11', 'VALIDATION_FAILED'],
    ['horizon=0', 'VALIDATION_FAILED'],
    ['colour=red', 'VALIDATION_FAILED'],
  ])('refuses %s', async (query, code) => {
    const answer = await get(`/api/traffic/cart/series?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code });
  });

  test('says 404 for a workload that the caller does not see', async () => {
    expect((await get('/api/traffic/none/series')).statusCode).toBe(404);
  });
});

describe('GET /api/traffic/:workload/accuracy', () => {
  test('has every forecaster, the champion and persistence beside', async () => {
    const answer = await get('/api/traffic/shop%2Fcart/accuracy?range=7d');
    expect(answer.json()).toMatchObject({
      from: '2026-11-14T10:00:00.000Z',
      champion: 'autoregressive',
      forecasters: [{ forecaster: 'autoregressive', mape: null }, { forecaster: 'persistence' }],
      persistence: { forecaster: 'persistence', horizon: 10, coverage: 0.8 },
    });
  });

  test('refuses a range that is none', async () => {
    expect((await get('/api/traffic/cart/accuracy?range=always')).statusCode).toBe(400);
  });
});

describe('GET /api/traffic/:workload/model', () => {
  test('says who speaks, what was noticed and how training went', async () => {
    expect((await get('/api/traffic/shop%2Fcart/model')).json()).toEqual({
      workload: 'shop/cart',
      region: 'eu',
      champion: 'lstm',
      pinned: false,
      since: null,
      evidence: null,
      drift: { since: '2026-11-21T08:00:00.000Z', factor: 3 },
      notices: [{ kind: 'gaps', minutes: 4, text: '4 minutes' }],
      noticedAt: '2026-11-21T09:59:00.000Z',
      tunings: [],
      network: { name: 'traffic-lstm', weights: 7, sha256: 'a1', windowMinutes: 60, horizonMinutes: 10 },
    });
  });
});

describe('POST /api/traffic/:workload/pin', () => {
  const post = (token: string, payload: object) =>
    app.inject({
      method: 'POST',
      url: '/api/traffic/shop%2Fcart/pin',
      payload,
      headers: { authorization: `Bearer ${token}` },
    });

  test('proposes a Change', async () => {
    const answer = await post('writer', { forecaster: null, reason: 'The evidence knows better' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ changeId: 41, state: 'proposed' });
    expect(pins).toEqual([{ workload: 'shop/cart', forecaster: null, reason: 'The evidence knows better' }]);
  });

  test('is refused to a reader, and without a reason', async () => {
    expect((await post('reader', { forecaster: null, reason: 'x' })).statusCode).toBe(403);
    expect((await post('writer', { forecaster: null })).statusCode).toBe(400);
    expect(pins).toEqual([]);
  });
});
