import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../platform/clock/index.ts';
import { startShopExporter } from './shop-exporter.ts';
import { shopTraffic } from './shop-traffic.ts';

describe("the shop's exporter", () => {
  const clock = new ManualClock('2026-11-11T12:00:00Z');
  let exporter: Awaited<ReturnType<typeof startShopExporter>>;
  const read = async (path = '/metrics'): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${exporter.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const requests = async (): Promise<number> =>
    Number(/http_requests_total\{namespace="shop",workload="frontend"\} (\d+)/.exec((await read()).text)![1]);

  beforeAll(async () => {
    exporter = await startShopExporter({ seed: 42, host: '127.0.0.1', port: 0, clock });
  });
  afterAll(() => exporter.close());

  test('counts the requests of each minute that went by', async () => {
    expect(await requests()).toBe(0);
    await clock.advance(120_000);
    const minute = Date.parse('2026-11-11T12:00:00Z') / 60_000;
    const shop = shopTraffic(42);
    const expected = shop.at('shop/frontend', minute).requests + shop.at('shop/frontend', minute + 1).requests;
    expect(await requests()).toBe(expected);
  });

  test('never counts backwards when the clock does', async () => {
    const before = await requests();
    await clock.advance(-60_000);
    expect(await requests()).toBe(before);
  });

  test('tells what it knows and where', async () => {
    const { text } = await read();
    for (const name of [
      'container_cpu_usage_seconds_total',
      'container_memory_working_set_bytes',
      'amadeus_workload_replicas',
    ]) {
      expect(text).toContain(`# TYPE ${name}`);
    }
    expect((await read('/')).status).toBe(404);
  });
});
