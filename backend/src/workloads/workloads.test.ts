import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testRooms } from '../forecasting/fixtures/test-rooms.ts';
import { ManualClock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import type { WorkloadReading, WorkloadSource } from './index.ts';

const at = Date.parse('2026-11-21T10:00:05Z');
const closed = Date.parse('2026-11-21T09:59:00Z');
const never = new AbortController().signal;
const everything: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };

let stores: TestStores;
beforeAll(async () => {
  stores = await testStores();
});
afterAll(() => stores.close());

const sample = (workload: string, minute: number, requests: number | null, cpuCores: number | null = null) => ({
  workload,
  minute,
  requests,
  cpuCores,
  memoryBytes: null,
  replicas: null,
});

/** A source that answers what it is told. */
function told(name: string): WorkloadSource & { next: () => WorkloadReading } {
  const source = { name, next: (): WorkloadReading => ({ samples: [], notices: [] }), read: async () => source.next() };
  return source;
}

async function kept(workload: string): Promise<{ minute: number; requests: number | null; cpuCores: number | null }[]> {
  const { rows } = await stores.warehouse.query<{ minute: number; requests: number | null; cpuCores: number | null }>(
    `SELECT toUnixTimestamp(Minute) AS minute, Requests AS requests, CpuCores AS cpuCores
     FROM fact_workload_sample FINAL WHERE Workload = {workload:String} ORDER BY minute`,
    { params: { workload } },
  );
  return rows;
}

describe('samples of workloads', () => {
  test('are rewritten when they come late, and stay one row per minute', async () => {
    const clock = new ManualClock(at);
    const { workloads } = testRooms(stores, clock);
    const source = told('late');
    workloads.addSource(source);
    source.next = () => ({ samples: [sample('late', closed - 60_000, 5)], notices: [] });
    await workloads.collect(never);
    await clock.advance(60_000);
    source.next = () => ({ samples: [sample('late', closed - 60_000, 7), sample('late', closed, 9)], notices: [] });
    await workloads.collect(never);
    await workloads.collect(never);
    expect(await kept('late')).toEqual([
      { minute: closed / 1000 - 60, requests: 7, cpuCores: null },
      { minute: closed / 1000, requests: 9, cpuCores: null },
    ]);
  });

  test('keep what a later reading lacks, also after a restart', async () => {
    const clock = new ManualClock(at);
    const source = told('partial');
    source.next = () => ({ samples: [sample('partial', closed, 5, 0.5)], notices: [] });
    for (let restart = 0; restart < 2; restart += 1) {
      const { workloads } = testRooms(stores, clock);
      workloads.addSource(source);
      await workloads.collect(never);
      await clock.advance(1000);
      source.next = () => ({ samples: [sample('partial', closed, 6, null)], notices: [] });
    }
    expect(await kept('partial')).toEqual([{ minute: closed / 1000, requests: 6, cpuCores: 0.5 }]);
  });

  test('that cannot be read leave an error with what to do, until it goes well again', async () => {
    const clock = new ManualClock(at);
    const { workloads } = testRooms(stores, clock);
    const source = told('failing');
    workloads.addSource(source);
    source.next = () => {
      throw new AppError('UPSTREAM_FAILED', 'Prometheus answered 500.', { help: 'Look into its log.' });
    };
    await workloads.collect(never);
    const health = async () => (await workloads.health(everything)).find((one) => one.source === 'failing')!;
    expect(await health()).toMatchObject({
      state: 'failing',
      lastError: 'Prometheus answered 500.',
      help: 'Look into its log.',
      lastSuccessAt: null,
    });
    await clock.advance(60_000);
    source.next = () => ({ samples: [sample('failing', closed, 1)], notices: ['requests: 2 values are negative.'] });
    await workloads.collect(never);
    expect(await health()).toMatchObject({
      state: 'ok',
      lastSuccessAt: new Date(at + 60_000).toISOString(),
      lastErrorAt: new Date(at).toISOString(),
      samples: 1,
      workloads: 1,
      notices: ['requests: 2 values are negative.'],
    });
  });

  test('of one source are kept although another one fails', async () => {
    const { workloads } = testRooms(stores, new ManualClock(at));
    const [bad, good] = [told('bad'), told('good')];
    bad.next = () => {
      throw new AppError('UPSTREAM_TIMEOUT', 'No answer.');
    };
    good.next = () => ({ samples: [sample('good', closed, 1)], notices: [] });
    workloads.addSource(bad);
    workloads.addSource(good);
    await workloads.collect(never);
    expect(await kept('good')).toHaveLength(1);
  });

  test('are kept by place, and another tenant does not see them', async () => {
    const { workloads } = testRooms(stores, new ManualClock(at));
    const source = told('elsewhere');
    source.next = () => ({ samples: [sample('elsewhere', closed, 1)], notices: [] });
    workloads.addSource(source, { tenant: 'org-2', region: 'eu' });
    await workloads.collect(never);
    const seen = async (scope: Scope) =>
      (await workloads.workloads(scope)).filter(({ workload }) => workload === 'elsewhere').map(({ region }) => region);
    expect(await seen(everything)).toEqual([]);
    expect(await seen({ ...everything, tenant: 'org-2' })).toEqual(['eu']);
    expect(await workloads.health({ ...everything, tenant: 'org-2', regions: ['us'] })).toEqual([]);
  });
});
