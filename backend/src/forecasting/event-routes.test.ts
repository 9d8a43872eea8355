import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testServer } from '../platform/http/http-fixture.ts';
import type { App } from '../platform/http/index.ts';
import type { Caller, Permission } from '../platform/identity/index.ts';
import { eventRoutes, type EventDoors } from './event-routes.ts';
import type { KnownEvent } from './known-event.ts';

const scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' } as const;
const caller = (permissions: Permission[]): Caller => ({
  ...{ kind: 'person', id: 'user:1', name: 'Kim', roles: [], scope },
  permissions: new Set(permissions),
});
const sale: KnownEvent = {
  tenant: 'default',
  id: 'e-1',
  name: 'sale',
  workload: 'shop/cart',
  startsAt: new Date('2026-11-27T20:00:00Z'),
  endsAt: new Date('2026-11-27T21:00:00Z'),
  ratio: null,
  note: '',
  origin: 'api',
  version: 3,
  knownSince: new Date('2026-11-20T00:00:00Z'),
  createdBy: { id: 'user:1', name: 'Kim' },
  updatedAt: new Date('2026-11-20T00:00:00Z'),
};
const calls: unknown[][] = [];
const effect = { region: 'eu', events: 2, peak: 3.4, peakMinute: 12 };
const doors: Omit<EventDoors, 'clock'> = {
  desk: {
    list: async (...args) => (calls.push(['list', ...args]), [sale]),
    get: async () => sale,
    create: async (...args) => (calls.push(['create', ...args]), sale),
    change: async (...args) => (calls.push(['change', ...args]), sale),
    remove: async (...args) => void calls.push(['remove', ...args]),
  },
  learned: async () => new Map([['sale', ['shop/cart', 'shop/other'].map((workload) => ({ ...effect, workload }))]]),
  adoptAnnotation: async ({ text }) => (text === '' ? undefined : { ...sale, origin: 'grafana' }),
};

let app: App;
beforeEach(async () => {
  calls.length = 0;
  const identity = {
    anonymous: caller([]),
    authenticate: async (headers: { authorization?: string | undefined }) =>
      caller(headers.authorization === 'Bearer writer' ? ['traffic:read', 'changes:propose'] : ['traffic:read']),
  };
  const clock = { now: () => new Date('2026-11-21T10:00:00Z'), sleep: async () => {} };
  ({ app } = await testServer((target) => eventRoutes(target, { ...doors, clock }), { parts: { identity } }));
});
afterEach(() => app.close());

const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, token = 'writer') =>
  app.inject({ method, url, headers: { authorization: `Bearer ${token}` }, ...(payload ? { payload } : {}) });
const input = { name: 'sale', startsAt: '2026-11-27T20:00:00Z', endsAt: '2026-11-27T21:00:00Z' };

describe('/api/events', () => {
  test('lists from a month ago to three months ahead, with what was learned for the workload', async () => {
    const answer = await ask('GET', '/api/events', undefined, 'reader');
    expect(answer.json()).toMatchObject({
      events: [{ id: 'e-1', workload: 'shop/cart', editable: true, learned: [{ ...effect, workload: 'shop/cart' }] }],
    });
    expect(calls[0]![1]).toEqual({ from: new Date('2026-10-22T10:00:00Z'), to: new Date('2027-02-19T10:00:00Z') });
  });

  test('creates, changes and deletes, with the reason for the audit', async () => {
    expect((await ask('POST', '/api/events', { ...input, ratio: 3, reason: 'Announced' })).statusCode).toBe(201);
    expect(calls[0]!.slice(1)).toEqual([
      { ...input, ratio: 3 },
      expect.objectContaining({ id: 'user:1' }),
      'Announced',
    ]);
    expect((await ask('PUT', '/api/events/e-1', { ...input, version: 3 })).statusCode).toBe(200);
    expect(calls[1]!.slice(1, 4)).toEqual(['e-1', input, 3]);
    expect((await ask('DELETE', '/api/events/e-1?reason=Called%20off')).statusCode).toBe(204);
    expect(calls[2]!.at(-1)).toBe('Called off');
  });

  test('is not written to by a reader', async () => {
    expect((await ask('POST', '/api/events', input, 'reader')).statusCode).toBe(403);
    expect((await ask('DELETE', '/api/events/e-1', undefined, 'reader')).statusCode).toBe(403);
    expect(calls).toEqual([]);
  });

  test.each([
    [{ ...input, startsAt: 'tomorrow' }],
    [{ ...input, ratio: 0 }],
    [{ ...input, name: '' }],
    [{ ...input, colour: 'red' }],
  ])('refuses %j', async (payload) => {
    expect((await ask('POST', '/api/events', payload)).statusCode).toBe(400);
  });

  test('takes in an annotation that Grafana pushes, and refuses one without a name', async () => {
    const annotation = { id: 7, time: 1_795_800_000_000, tags: [], text: 'sale', dashboardUID: 'x' };
    expect((await ask('POST', '/api/events/annotation', annotation)).json()).toMatchObject({
      origin: 'grafana',
      editable: false,
    });
    expect((await ask('POST', '/api/events/annotation', { ...annotation, text: '' })).statusCode).toBe(400);
  });
});
