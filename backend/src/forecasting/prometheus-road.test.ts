import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../platform/clock/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { createOutgoing } from '../platform/outgoing/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { hasPrometheus, startPrometheus } from './fixtures/real-prometheus.ts';
import { startReplayingExporter, type ReplayingExporter } from './fixtures/replaying-exporter.ts';
import { testRooms, type TestRooms } from './fixtures/test-rooms.ts';

const data = resolve(process.env.AMADEUS_DATA ?? join(import.meta.dirname, '../../../../shared/data'));
const file = join(data, 'traffic/worldcup98_requests_per_minute.csv');
const missing = [
  hasPrometheus() ? '' : 'there is no `prometheus` on the PATH',
  existsSync(file) ? '' : `there is no ${file} (AMADEUS_DATA names another folder)`,
].filter(Boolean);
if (missing.length > 0) process.stderr.write(`Skipped, a real Prometheus: ${missing.join('; ')}\n`);

/** One minute of data lasts this long; the connector's step is the same. */
const stepMs = 1000;
const steps = 45;
const everything: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };
const never = new AbortController().signal;

(missing.length > 0 ? describe.skip : describe)(
  'a real Prometheus that scrapes a replay of the World Cup of 1998',
  () => {
    let stores: TestStores;
    let exporter: ReplayingExporter;
    let prometheus: Awaited<ReturnType<typeof startPrometheus>>;
    let rooms: TestRooms;
    const outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry: createSilentTelemetry() });

    beforeAll(async () => {
      stores = await testStores();
      const counts = readFileSync(file, 'utf8')
        .split('\n')
        .slice(50_000, 50_600)
        .map((line) => Number(line.split(',')[1]));
      exporter = await startReplayingExporter(counts, stepMs);
      prometheus = await startPrometheus({ targetPort: exporter.port, scrapeMs: 200 });
      rooms = testRooms(stores, systemClock, settings(5_000), outgoing);
      const began = Date.now();
      for (let step = 0; step < steps; step += 1) {
        if (step === 25) exporter.restart();
        await delay(Math.max(0, began + step * stepMs - Date.now()));
        await rooms.workloads.collect(never);
        await rooms.forecasting.issue(never);
      }
    }, 180_000);

    afterAll(async () => {
      await prometheus?.close();
      await exporter?.close();
      await outgoing.close();
      await stores?.close();
    });

    const settings = (maxSeries: number) => ({
      url: prometheus.url,
      stepSeconds: stepMs / 1000,
      timeoutMs: 5_000,
      maxSeries,
      queries: {
        requests: 'sum by (namespace, workload) (rate(http_requests_total[2s]))',
        cpu: 'sum by (namespace, workload) (rate(container_cpu_usage_seconds_total[2s]))',
        memory: 'sum by (namespace, workload) (container_memory_working_set_bytes)',
        replicas: 'sum by (namespace, workload) (amadeus_workload_replicas)',
        served: 'sum by (namespace, workload) (rate(http_request_duration_seconds_count[2s]))',
        latency:
          'histogram_quantile(0.95, sum by (namespace, workload, le) (rate(http_request_duration_seconds_bucket[2s])))',
      },
    });

    test('its requests arrive in the warehouse as they were exported, also across a reset of the counter', async () => {
      const to = new Date(Math.floor(Date.now() / stepMs) * stepMs);
      const range = { from: new Date(to.getTime() - steps * stepMs), to };
      const samples = await rooms.workloads.samples(
        { region: 'default', workload: 'shop/frontend' },
        range,
        everything,
      );
      const pairs = samples.flatMap(({ minute, requests }) => {
        // A window of two steps that ends with this one sees the mean of both.
        const own = exporter.requestsAt(minute * 1000);
        const before = exporter.requestsAt(minute * 1000 - stepMs);
        return requests === null || own === undefined || before === undefined
          ? []
          : [{ requests, exported: (own + before) / 2 }];
      });
      expect(pairs.length).toBeGreaterThan(20);
      // Scrapes do not fall on the ends of the window: single minutes are extrapolated, most are near.
      const near = pairs.filter(({ requests, exported }) => Math.abs(requests - exported) <= 0.25 * exported).length;
      expect(near / pairs.length).toBeGreaterThan(0.8);
      const most = Math.max(...pairs.map(({ exported }) => exported));
      expect(Math.max(...pairs.map(({ requests }) => requests))).toBeLessThan(3 * most);
      expect(samples.at(-2)).toMatchObject({ replicas: 3, memoryBytes: 1e9 });
    });

    test('forecasts with bands have been issued and scored', async () => {
      const to = new Date();
      const query = { workload: 'shop/frontend', from: new Date(to.getTime() - 60 * stepMs), to };
      const { rows } = await rooms.forecasting.accuracy(query, everything);
      const persistence = rows.filter(({ forecaster }) => forecaster === 'persistence');
      expect(persistence).toHaveLength(10);
      for (const row of persistence) {
        expect(row.n).toBeGreaterThan(10);
        expect(row.mae).toBeGreaterThan(0);
        expect(row.rmse).toBeGreaterThanOrEqual(row.mae);
      }
      const series = await rooms.forecasting.trafficSeries(
        { ...query, to: new Date(to.getTime() + 10 * stepMs), horizonMinutes: 10 },
        everything,
      );
      expect(series.predicted.filter((value) => value !== null).length).toBeGreaterThan(10);
      expect(series.actual.filter((value) => value !== null).length).toBeGreaterThan(20);
    });

    test('its health is known, and the idle workload is listed', async () => {
      expect(await rooms.workloads.health(everything)).toMatchObject([
        { source: 'prometheus', state: 'ok', workloads: 2 },
      ]);
      expect((await rooms.workloads.workloads(everything)).map(({ workload }) => workload)).toEqual([
        'shop/frontend',
        'shop/idle',
      ]);
    });

    test('it picks the busiest workloads itself where there are too many series', async () => {
      const crowded = testRooms(stores, systemClock, { ...settings(1), region: 'crowded' }, outgoing);
      await crowded.workloads.collect(never);
      const scope: Scope = { ...everything, regions: ['crowded'] };
      expect((await crowded.workloads.workloads(scope)).map(({ workload }) => workload)).toEqual(['shop/frontend']);
      const [health] = await crowded.workloads.health(scope);
      expect(health!.notices[0]).toMatch(
        /requests: the expression answers 2 series; only the 1 busiest workloads are read/,
      );
    });

    test('minutes that nobody read while they were new are read with the next reading', async () => {
      const late = testRooms(stores, systemClock, { ...settings(5_000), region: 'late' }, outgoing);
      await late.workloads.collect(never);
      const to = new Date();
      const key = { region: 'late', workload: 'shop/frontend' };
      const range = { from: new Date(to.getTime() - 60 * stepMs), to };
      const samples = await late.workloads.samples(key, range, { ...everything, regions: ['late'] });
      expect(samples.filter(({ requests }) => requests !== null).length).toBeGreaterThan(20);
    });
  },
);
