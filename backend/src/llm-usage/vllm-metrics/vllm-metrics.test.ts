import { describe, expect, test } from '@jest/globals';
import { mapFile } from '../fixtures/map-calls.ts';
import { providerContext, pulledLines } from '../fixtures/provider-stand.ts';
import { counterIncrease, type CounterSample } from './counter-increase.ts';
import { vllmMetricsConnector } from './vllm-metrics.ts';

describe('the increase of a counter', () => {
  const samples = (...values: readonly number[]): CounterSample[] =>
    values.map((value, index) => [index * 60, String(value)]);

  test('is what it grew by after the start, up to the end', () => {
    expect(counterIncrease(samples(100, 150, 170, 400), 60, 120)).toBe(20);
    expect(counterIncrease(samples(100, 150, 170, 400), 0, 180)).toBe(300);
  });

  test('counts a restart from 0', () => {
    expect(counterIncrease(samples(100, 150, 30, 80), 0, 180)).toBe(130);
  });

  test('does not count what a new series showed first', () => {
    expect(
      counterIncrease(
        [
          [600, '5000'],
          [660, '5100'],
        ],
        0,
        720,
      ),
    ).toBe(100);
  });

  test('adds up over neighbouring hours, gaps and all', () => {
    const values = samples(10, 20, 25, 3, 9, 40, 41);
    values.splice(3, 1);
    const whole = counterIncrease(values, 0, 360);
    for (const cut of [60, 120, 180, 240, 300])
      expect(counterIncrease(values, 0, cut) + counterIncrease(values, cut, 360)).toBe(whole);
  });
});

describe('counters of vLLM', () => {
  test('are a record for each model and replica, aborted calls beside it', () => {
    const { requests, quarantined } = mapFile(vllmMetricsConnector, import.meta.dirname, 'hour.ndjson');
    expect(requests).toMatchObject([
      {
        provider: 'vllm',
        requests: 250,
        inputTokens: 120_000,
        cachedInputTokens: 40_000,
        outputTokens: 30_000,
        tags: { replica: 'vllm-0' },
      },
      { requests: 3, inputTokens: 0, status: 'cancelled' },
      { requests: 0, inputTokens: 500, cachedInputTokens: 500, team: 'research' },
    ]);
    expect(quarantined).toEqual(['3: model The record names no model.']);
  });

  test('are read from Prometheus by the hour, restarts and all', async () => {
    const start = Date.parse('2026-11-20T11:00:00Z') / 1000;
    const series = (values: [number, string][], extra: Record<string, string> = {}) => ({
      metric: { model_name: 'llama', pod: 'vllm-0', ...extra },
      values,
    });
    const { context, asked } = providerContext(
      vllmMetricsConnector,
      { url: 'http://prometheus.example:9090', selector: 'namespace="serving"' },
      ({ body }) => {
        const query = new URLSearchParams(body).get('query') ?? '';
        const result = query.includes('prompt_tokens')
          ? [
              series([
                [start - 60, '100'],
                [start + 60, '160'],
                [start + 120, '40'],
              ]),
            ]
          : query.includes('request_success')
            ? [
                series(
                  [
                    [start, '1'],
                    [start + 60, '5'],
                  ],
                  { finished_reason: 'stop' },
                ),
                series(
                  [
                    [start, '0'],
                    [start + 60, '2'],
                  ],
                  { finished_reason: 'abort' },
                ),
              ]
            : [];
        return { body: { status: 'success', data: { resultType: 'matrix', result } } };
      },
    );
    const { files, cursor } = await vllmMetricsConnector.discover!(context, '2026-11-20T10:00:00.000Z');
    expect(files.map(({ name }) => name)).toEqual(['2026-11-20T10:00:00.000Z', '2026-11-20T11:00:00.000Z']);
    expect(cursor).toBe('2026-11-20T12:00:00.000Z');
    const lines = await pulledLines(await vllmMetricsConnector.pull!(context, files[1]!));
    expect(lines).toEqual([
      {
        hour: '2026-11-20T11:00:00.000Z',
        model: 'llama',
        replica: 'vllm-0',
        team: '',
        promptTokens: 100,
        requests: 4,
        abortedRequests: 2,
      },
    ]);
    expect(new URLSearchParams(asked[0]!.body).get('query')).toBe(
      '{__name__="vllm:prompt_tokens_total",namespace="serving"}',
    );
  });
});
