import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlatform, type OpenPlatform } from '../open-platform.ts';
import { wholeTenant } from '../platform/identity/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { CacheDesk, type Writer } from './cache-desk.ts';

/** What people say of answers, with a real store and audit log. */
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-desk-'));
let stores: TestStores;
let opened: OpenPlatform;
let desk: CacheDesk;

beforeAll(async () => {
  stores = await testStores({ environment: { AMADEUS_DATA_DIR: dataDir, AMADEUS_TELEMETRY_LOG_LEVEL: 'error' } });
  opened = await openPlatform(stores.config, '0.1.0', () => undefined);
  desk = new CacheDesk(opened.platform, { usage: () => Promise.resolve({ currency: 'USD', rows: [] }) });
}, 120_000);
afterAll(async () => {
  await opened.close();
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const writer = (id: string): Writer => ({
  caller: {
    ...{ kind: 'program', id, name: id, roles: [], permissions: new Set<never>() },
    scope: wholeTenant('default'),
  },
  traceId: '0af7651916cd43dd8448eb211c80319c',
});
const targets = (ids: readonly string[]): string[] => ids.map((id) => `gateway-call:${id}`);
const audited = (ids: readonly string[]) =>
  stores.store.query<{ target: string }>(
    'SELECT target FROM audit_entry WHERE target = ANY($1::text[]) ORDER BY sequence',
    [targets(ids)],
  );

describe('what many say at once', () => {
  test('is written together, so that the store has time for others, and audited one by one as it came', async () => {
    const ids = Array.from({ length: 400 }, () => randomUUID());
    await Promise.all(ids.map((requestId) => desk.feedback({ requestId, rating: 'up' }, writer('key:a'))));
    const [written] = await stores.store.query<{ rows: number; transactions: number }>(
      `SELECT count(*)::integer AS rows, count(DISTINCT xmin::text)::integer AS transactions FROM gateway_feedback
       WHERE request_id = ANY($1::text[])`,
      [ids],
    );
    expect(written!.rows).toBe(400);
    expect(written!.transactions).toBeLessThan(40);
    expect((await audited(ids)).map(({ target }) => target)).toEqual(targets(ids));
  });

  test('of one answer by one voice: the last word counts', async () => {
    const requestId = randomUUID();
    const words = ['up', 'down', 'up', 'down'] as const;
    await Promise.all(words.map((rating) => desk.feedback({ requestId, rating }, writer('key:a'))));
    const rows = await stores.store.query('SELECT good FROM gateway_feedback WHERE request_id = $1', [requestId]);
    expect(rows).toEqual([{ good: false }]);
    expect(await audited([requestId])).toHaveLength(4);
  });

  test('is kept where several processes write the same answers in other orders', async () => {
    const other = new CacheDesk(opened.platform, { usage: () => Promise.resolve({ currency: 'USD', rows: [] }) });
    const say = (at: CacheDesk, some: readonly string[]) =>
      some.map((requestId) => at.feedback({ requestId, rating: 'up' }, writer('key:a')));
    for (let round = 0; round < 6; round++) {
      const ids = Array.from({ length: 60 }, () => randomUUID());
      await Promise.all([...say(desk, ids), ...say(other, [...ids].reverse())]);
      const rows = await stores.store.query<{ writer: string }>(
        'SELECT xmin::text AS writer FROM gateway_feedback WHERE request_id = ANY($1)',
        [ids],
      );
      expect(rows).toHaveLength(60);
      // Of two that waited for each other one would have been ended, and done again one by one.
      expect(new Set(rows.map((row) => row.writer)).size).toBeLessThan(10);
      expect(await audited(ids)).toHaveLength(120);
    }
  });
});
