import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import type { LlmRequest } from '../anycost/index.ts';
import { call, lines, openUsageStand, testPrices, type UsageStand } from './fixtures/usage-stand.ts';
import { Sealing } from './sealing.ts';
import { UsageKeeper } from './usage-keeper.ts';

let stand: UsageStand;
beforeAll(async () => {
  stand = await openUsageStand();
});
afterAll(() => stand.close());

/** Numbers in [0, 1) that a seed fixes (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface File {
  id: string;
  requests: LlmRequest[];
}

/** Files of one source: calls of three days, some of them corrected by a later file, in tokens or in their start. */
function filesOf(random: () => number): File[] {
  const pick = (count: number): number => Math.floor(random() * count);
  return Array.from({ length: 8 }, (_, index) => ({
    id: String(100 + index),
    requests: Array.from({ length: 30 }, () => {
      const number = pick(120);
      // Corrections move a start by hours, also to the next day.
      const at = Date.parse('2026-11-16T00:00:00Z') + (number % 3) * 86_400_000 + pick(36 * 60) * 60_000;
      return call(`r${number}`, {
        startedAt: new Date(at).toISOString(),
        inputTokens: 100 + pick(5_000),
        outputTokens: pick(500),
        session: pick(3) === 0 ? '' : `s${pick(12)}`,
        customer: ['acme', 'globex'][pick(2)]!,
      });
    }),
  }));
}

/** What must be seen in the end: of each request the record of the latest file, in a file the later line. */
function truth(files: readonly File[]): unknown[] {
  const last = new Map<string, LlmRequest>();
  for (const { requests } of files) for (const request of requests) last.set(request.requestId, request);
  const days = new Map<string, LlmRequest[]>();
  for (const request of last.values()) {
    const day = request.startedAt.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), request]);
  }
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, requests]) => ({
      day,
      requests: requests.length,
      input: requests.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
      sessions: new Set(requests.map(({ session }) => session).filter((session) => session !== '')).size,
      cost: requests
        .reduce((sum, request) => sum.plus(request.inputTokens * 2).plus(request.outputTokens * 8), new Decimal(0))
        .div(1_000_000)
        .toFixed(),
    }));
}

test('files in any order, repeated, with corrections, sealed at any time, end in the same sums', async () => {
  const keeper = new UsageKeeper(stand.platform, { prices: testPrices });
  const sealing = new Sealing(stand.platform, async () => undefined);
  for (let seed = 1; seed <= 6; seed++) {
    const random = numbers(seed);
    const place = { tenant: 'default', region: 'default', source: `shuffled-${seed}` };
    const files = filesOf(random);
    const repeated = files.filter(() => random() < 0.4);
    const order = [...files, ...repeated]
      .map((file) => ({ file, rank: random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ file }) => file);
    for (const { id, requests } of order) {
      await stand.clock.advance(1_000);
      await keeper.keepFile({ ...place, ingestId: id, fileName: `${id}.ndjson` }, lines(requests));
      if (random() < 0.4) await sealing.sealAll(undefined, place);
    }
    await sealing.sealAll(undefined, place);
    const { rows } = await stand.stores.warehouse.query(
      `SELECT toString(Day) AS day, toInt32(sum(Requests)) AS requests, toInt32(sum(InputTokens)) AS input,
              toInt32(sum(Sessions)) AS sessions, toString(sum(Cost)) AS cost
       FROM llm_daily WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE x_Source = {source:String})
       GROUP BY day ORDER BY day`,
      { params: { source: place.source } },
    );
    expect({ seed, rows }).toEqual({ seed, rows: truth(files) });
  }
}, 300_000);
