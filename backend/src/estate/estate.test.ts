import { describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { cloudBills } from './cloud-bills.ts';
import { gpuBills } from './gpu-bills.ts';
import { gpuHours } from './gpu-hours.ts';
import { gpuJobs } from './gpu-jobs.ts';
import { llmBills, llmCalls, llmUsage, planted } from './llm-requests.ts';

const from = new Date('2026-10-28T00:00:00Z');
const to = new Date('2026-11-03T00:00:00Z');
const total = (rows: Iterable<{ BilledCost: string }>): Decimal =>
  [...rows].reduce((sum, row) => sum.plus(row.BilledCost), new Decimal(0));

describe('the estate', () => {
  test('is the same for the same seed', () => {
    expect([...cloudBills(7, from, to, to)].slice(0, 50)).toEqual([...cloudBills(7, from, to, to)].slice(0, 50));
    expect(total(cloudBills(7, from, to, to)).eq(total(cloudBills(8, from, to, to)))).toBe(false);
  });

  test('bills three clouds, with a credit at the start of the month and lines without an owner', () => {
    const rows = [...cloudBills(42, from, to, to)];
    expect(new Set(rows.map((row) => row.ProviderName))).toEqual(new Set(['AWS', 'Microsoft', 'Google Cloud']));
    expect(rows.filter((row) => row.ChargeCategory === 'Credit').map((row) => row.BilledCost)).toEqual(['-250']);
    expect(rows.some((row) => row.Tags === '{}')).toBe(true);
  });

  test('bills each LLM call once: the bills close to the calls', () => {
    const calls = [...llmCalls(42, from, to, to)];
    const called = calls.reduce((sum, call) => sum.plus(call.cost), new Decimal(0));
    expect(total(llmBills(calls, to)).toFixed()).toBe(called.toFixed());
    expect(new Set(calls.map((call) => call.requestId)).size).toBe(calls.length);
    expect(new Set(calls.map((call) => call.environment))).toEqual(new Set(['production', 'staging', 'ci', 'dev']));
    expect(new Set(calls.filter((call) => call.customer !== '').map((call) => call.customer)).size).toBe(12);
  });

  test('records every LLM call but those of the hour that was lost, with parts of tokens inside their whole', () => {
    const calls = [...llmCalls(42, from, to, to)];
    const recorded = [...llmUsage(calls)];
    const lost = calls.filter(({ isRecorded }) => !isRecorded);
    const hours = new Set(lost.map(({ startedAt }) => startedAt.toISOString().slice(0, 13)));
    expect([...hours]).toEqual(['2026-10-28T14']);
    expect(recorded.length).toBe(calls.length - lost.length);
    const impossible = recorded.filter(
      (call) =>
        call.cachedInputTokens! + call.cacheWrite5mTokens! + call.cacheWrite1hTokens! > call.inputTokens ||
        call.reasoningTokens! > call.outputTokens,
    );
    expect(impossible).toEqual([]);
    expect(recorded.some((call) => call.cacheWrite1hTokens! > 0)).toBe(true);
    expect(recorded.some((call) => call.reasoningTokens! > 0)).toBe(true);
  });

  test('bills a call that failed on the planted day only', () => {
    const story = new Date('2026-11-10T00:00:00Z');
    const failed = [...llmCalls(42, from, to, story)].filter(({ status }) => status !== 'ok');
    const billed = failed.filter(({ billedTokens }) => billedTokens > 0);
    const { model, daysBefore } = planted.billedFailures;
    const day = new Date(story.getTime() - daysBefore * 86_400_000).toISOString().slice(0, 10);
    expect(billed.length).toBeGreaterThan(10);
    expect(billed.length).toBeLessThan(failed.length);
    expect(new Set(billed.map((call) => `${call.model} ${call.startedAt.toISOString().slice(0, 10)}`))).toEqual(
      new Set([`${model} ${day}`]),
    );
  });

  test('gives no GPU to two jobs at once', () => {
    const slots = new Map<string, { start: number; end: number }[]>();
    for (const job of gpuJobs(42, from, to)) {
      for (const gpu of job.gpus) {
        const key = `${job.node}/${gpu}`;
        slots.set(key, [...(slots.get(key) ?? []), { start: job.startedAt.getTime(), end: job.endedAt.getTime() }]);
      }
    }
    for (const spans of slots.values()) {
      spans.sort((a, b) => a.start - b.start);
      for (let i = 1; i < spans.length; i++) expect(spans[i]!.start).toBeGreaterThanOrEqual(spans[i - 1]!.end);
    }
  });

  test('closes every day of the clusters to the hardware that stands there', () => {
    const hours = new Map<string, Decimal>();
    for (const row of gpuBills(gpuJobs(42, from, to), from, to)) {
      const key = `${row.ServiceName} ${row.ChargePeriodStart}`;
      hours.set(key, (hours.get(key) ?? new Decimal(0)).plus(row.ConsumedQuantity));
    }
    expect(hours.size).toBe(12);
    for (const [key, sum] of hours)
      expect(sum.toNumber()).toBeCloseTo(key.includes('hpc-a') ? 4 * 8 * 24 : 2 * 8 * 24, 6);
  });

  test('keeps utilisation between 0 and 100 and memory within the GPU', () => {
    const impossible = [...gpuHours(42, gpuJobs(42, from, to), from, to)].filter(
      (hour) => !(hour.utilisation >= 0 && hour.utilisation <= 100 && hour.memoryUsedBytes <= hour.memoryTotalBytes),
    );
    expect(impossible).toEqual([]);
  });
});
