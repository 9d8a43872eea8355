import { afterEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../platform/clock/index.ts';
import { loadConfig } from '../platform/config/index.ts';
import { createOutgoing } from '../platform/outgoing/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { startFakePrometheus, type AskedQuery, type FakeAnswer } from './fixtures/fake-prometheus.ts';
import { PrometheusSource } from './index.ts';

const at = Date.parse('2026-11-21T10:00:00Z');
const window = { from: new Date(at - 60 * 60_000), to: new Date(at) };
const here = { date: new Date(at).toUTCString() };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function source(answer: (query: AskedQuery) => FakeAnswer, changes: Record<string, number | string> = {}) {
  const fake = await startFakePrometheus((query) => ({ headers: here, ...answer(query) }));
  const outgoing = createOutgoing({
    allow: ['127.0.0.1'],
    telemetry: createSilentTelemetry(),
    random: () => 0,
    limits: { failures: 1000 },
  });
  closers.push(
    () => fake.close(),
    () => outgoing.close(),
  );
  const { prometheus } = loadConfig({ environment: {} });
  const config = { ...prometheus, timeoutMs: 2_000, ...changes, url: fake.url };
  return { fake, source: new PrometheusSource(config, outgoing, new ManualClock(at)) };
}

type Matrix = { metric: Record<string, string>; values: [number, string][] }[];
function matrix(query: AskedQuery, names: readonly string[], value: (index: number) => string = () => '1'): Matrix {
  return names.map((workload) => ({
    metric: { namespace: 'shop', workload },
    values: Array.from({ length: (query.end - query.start) / query.step + 1 }, (_, i) => [
      query.start + i * query.step,
      value(i),
    ]),
  }));
}
const isRequests = (query: AskedQuery): boolean => query.query.includes('http_requests_total');

describe('Prometheus as a source', () => {
  test('gives the last sixty minutes of requests, CPU, memory and replicas', async () => {
    const values = [
      ['http_requests', '2'],
      ['cpu', '0.5'],
      ['memory', '1000'],
      ['replicas', '3'],
    ] as const;
    const { source: prometheus, fake } = await source((query) => {
      const [, value] = values.find(([part]) => query.query.includes(part))!;
      return { result: matrix(query, ['cart'], () => value) };
    });
    const { samples, notices } = await prometheus.read(window);
    expect(notices).toEqual([]);
    expect(samples).toHaveLength(60);
    expect(samples[0]).toEqual({
      workload: 'shop/cart',
      minute: window.from.getTime(),
      requests: 120,
      cpuCores: 0.5,
      memoryBytes: 1000,
      replicas: 3,
    });
    expect(fake.asked[0]).toMatchObject({
      path: '/api/v1/query_range',
      start: at / 1000 - 3540,
      end: at / 1000,
      step: 60,
    });
  });

  test('that answers 500 is an error that names it and says what to do', async () => {
    const { source: prometheus } = await source(() => ({ status: 500, error: 'out of memory' }));
    await expect(prometheus.read(window)).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: expect.stringMatching(/Prometheus at 127\.0\.0\.1:\d+ answered 500: out of memory/),
      help: expect.stringMatching(/log of Prometheus/),
    });
  });

  test('that hangs is given up in time, and not asked three times more', async () => {
    const { source: prometheus, fake } = await source(() => ({ hangs: true }), { timeoutMs: 200 });
    await expect(prometheus.read(window)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(fake.asked.length).toBe(1);
  });

  test('that refuses an expression says which one, and the rest is read', async () => {
    const { source: prometheus } = await source((query) =>
      isRequests(query) ? { result: matrix(query, ['cart']) } : { status: 400, error: 'parse error at char 5' },
    );
    const { samples, notices } = await prometheus.read(window);
    expect(samples[0]).toMatchObject({ requests: 60, cpuCores: null });
    expect(notices).toHaveLength(3);
    expect(notices[0]).toMatch(/^cpu: .*400: parse error at char 5\. Correct the expression in prometheus\.queries/);
  });

  test('that wants a token says so', async () => {
    const { source: prometheus } = await source(() => ({ status: 401, raw: 'Unauthorized' }));
    await expect(prometheus.read(window)).rejects.toMatchObject({
      help: expect.stringMatching(/Set prometheus\.bearerToken/),
    });
  });

  test.each([
    ['a page', '<html>Sign in</html>'],
    ['half of an answer', '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"names'],
    ['another JSON', '[1,2,3]'],
    ['nothing', ''],
  ])('that sends %s is not taken for Prometheus', async (_, raw) => {
    const { source: prometheus } = await source(() => ({ raw }));
    await expect(prometheus.read(window)).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: expect.stringMatching(/is not Prometheus/),
    });
  });

  test('whose series are malformed gives what can be read', async () => {
    const { source: prometheus } = await source((query) => ({
      result: isRequests(query)
        ? [
            null,
            { metric: 5, values: 'x' },
            { metric: { workload: 'a' }, values: [[1], 'y'] },
            ...matrix(query, ['cart']),
          ]
        : [],
    }));
    const { samples } = await prometheus.read(window);
    expect(new Set(samples.map((sample) => sample.workload))).toEqual(new Set(['shop/cart']));
  });

  test('has gaps where there are NaN', async () => {
    const { source: prometheus } = await source((query) => ({
      result: isRequests(query) ? matrix(query, ['cart'], (i) => (i % 2 === 0 ? 'NaN' : '1')) : [],
    }));
    expect((await prometheus.read(window)).samples).toHaveLength(30);
  });

  test('that answers nothing says what to check', async () => {
    const { source: prometheus } = await source(() => ({ result: [] }));
    const { samples, notices } = await prometheus.read(window);
    expect(samples).toEqual([]);
    expect(notices[0]).toMatch(/answers nothing\. Check the names of metric and labels/);
  });

  test('passes on what it warns of', async () => {
    const { source: prometheus } = await source((query) => ({
      result: isRequests(query) ? matrix(query, ['cart']) : [],
      warnings: ['store 3 did not answer'],
    }));
    const { notices } = await prometheus.read(window);
    expect(notices).toContain('requests: Prometheus warns: store 3 did not answer');
  });

  test.each([
    [300, /clock of Prometheus is 300 s ahead of ours/],
    [-300, /clock of Prometheus is 300 s behind ours/],
  ])('whose clock differs by %i s is noticed', async (seconds, text) => {
    const { source: prometheus } = await source((query) => ({
      result: isRequests(query) ? matrix(query, ['cart']) : [],
      headers: { date: new Date(at + seconds * 1000).toUTCString() },
    }));
    expect((await prometheus.read(window)).notices.join('\n')).toMatch(text);
  });

  describe('with 50,000 series', () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `w${String(i).padStart(5, '0')}`);

    test('is asked for the busiest, the same at every step, and says how many are left out', async () => {
      const { source: prometheus, fake } = await source(
        (query) => {
          if (query.path.endsWith('/query')) return { result: [{ metric: {}, value: [0, '50000'] }] };
          return { result: matrix(query, query.query.includes('topk') ? names.slice(0, 100) : names) };
        },
        { maxSeries: 100, timeoutMs: 30_000 },
      );
      const { samples, notices } = await prometheus.read(window);
      expect(new Set(samples.map((sample) => sample.workload)).size).toBe(100);
      expect(notices[0]).toMatch(
        /requests: the expression answers 50000 series; only the 100 busiest workloads are read/,
      );
      expect(fake.asked[1]!.query).toBe(
        '(sum by (namespace, workload) (rate(http_requests_total[1m]))) and on (namespace, workload) ' +
          `topk(100, max_over_time((sum by (namespace, workload) (rate(http_requests_total[1m])))[3600s:60s] @ ${at / 1000}))`,
      );
      // From then on the whole is not asked for again.
      const before = fake.asked.length;
      await prometheus.read(window);
      expect(
        fake.asked
          .slice(before)
          .filter((query) => query.path.endsWith('query_range'))
          .every((query) => query.query.includes('topk')),
      ).toBe(true);
    });

    test('of a server that cannot pick is refused with what to do', async () => {
      const { source: prometheus } = await source((query) => ({ result: matrix(query, names.slice(0, 500)) }), {
        maxSeries: 100,
      });
      await expect(prometheus.read(window)).rejects.toMatchObject({
        message: expect.stringMatching(/more than 100 series, and Prometheus cannot pick the busiest/),
        help: expect.stringMatching(/sum by \(namespace, workload\).*prometheus\.maxSeries/),
      });
    });
  });
});
