import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LlmRequest } from '../anycost/index.ts';
import { Killed, mortalPlatform } from './fixtures/mortal-platform.ts';
import { call, lines, openUsageStand, testPrices, type UsageStand } from './fixtures/usage-stand.ts';
import type { UsagePlace } from './request-row.ts';
import { Sealing } from './sealing.ts';
import { UsageKeeper } from './usage-keeper.ts';
import type { Platform } from '../platform/platform.ts';

let stand: UsageStand;
beforeAll(async () => {
  stand = await openUsageStand();
});
afterAll(() => stand.close());

const nothing = async (): Promise<void> => undefined;
const first = [call('a'), call('b'), call('moved', { startedAt: '2026-11-18T23:50:00Z' })];
const second = [call('b', { inputTokens: 7_000 }), call('c'), call('moved', { startedAt: '2026-11-19T00:10:00Z' })];

async function keep(platform: Platform, place: UsagePlace, id: string, requests: readonly LlmRequest[]): Promise<void> {
  await new UsageKeeper(platform, { prices: testPrices }).keepFile(
    { ...place, ingestId: id, fileName: 'calls.ndjson' },
    lines(requests),
  );
}

function seal(platform: Platform, place: UsagePlace): Promise<number> {
  return new Sealing(platform, nothing).sealAll(undefined, place);
}

async function sums(table: 'llm_hourly' | 'llm_daily' | 'fact_llm_request', source: string): Promise<unknown> {
  const counted =
    table === 'fact_llm_request'
      ? `fact_llm_request FINAL WHERE x_Source = {source:String} AND Status != 'void'`
      : `${table} WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE x_Source = {source:String})`;
  const sql = `
    SELECT toInt32(sum(Requests)) AS requests, toInt32(sum(InputTokens)) AS tokens, toString(sum(Cost)) AS cost
    FROM ${counted}`;
  return (await stand.stores.warehouse.query(sql, { params: { source } })).rows[0];
}

/** What readers see must be what the facts are. */
async function expectSums(source: string, expected: object): Promise<void> {
  for (const table of ['fact_llm_request', 'llm_hourly', 'llm_daily'] as const)
    expect({ source, table, ...((await sums(table, source)) as object) }).toEqual({ source, table, ...expected });
}

const all = { requests: 4, tokens: 10_000, cost: '0.0232' };

/** Keeps and rolls up in a process that is killed at the step, then again in one that lives. @returns whether it got through */
async function killedAt(step: number): Promise<boolean> {
  const place = { tenant: 'default', region: 'default', source: `killed-${step}` };
  await keep(stand.platform, place, '1', first);
  // Odd steps find the days rolled up before.
  if (step % 2 === 1) await seal(stand.platform, place);
  const { platform } = mortalPlatform(stand.platform, step);
  const kept = await survives(keep(platform, place, '2', second));
  const isAlive = kept && (await survives(seal(platform, place)));
  // The file is read again by another process unless it was acknowledged.
  if (!kept) await keep(stand.platform, place, '2', second);
  await seal(stand.platform, place);
  await expectSums(place.source, all);
  return isAlive;
}

test('a process that is killed at any step while it keeps and rolls up loses nothing and doubles nothing', async () => {
  const together = 4;
  for (let step = 1; step < 100; step += together) {
    const steps = Array.from({ length: together }, (_, index) => step + index);
    const alive = await Promise.all(steps.map(killedAt));
    if (!alive.every(Boolean)) continue;
    expect(step).toBeGreaterThan(16);
    return;
  }
  throw new Error('It never got through.');
}, 300_000);

test('what a dead writer left, and nobody sends again, is rolled up once no write of its can be on its way', async () => {
  const place = { tenant: 'default', region: 'default', source: 'abandoned' };
  // Step 3 is the insert of the facts, step 4 would say that they are there.
  const { platform } = mortalPlatform(stand.platform, 4);
  await expect(keep(platform, place, '1', [call('a')])).rejects.toBeInstanceOf(Killed);
  expect(await seal(stand.platform, place)).toBe(0);
  await stand.clock.advance(16 * 60_000);
  expect(await seal(stand.platform, place)).toBe(1);
  await expectSums(place.source, { requests: 1, tokens: 1_000, cost: '0.0028' });
});

async function survives(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
}
