import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LlmRequest } from '../anycost/index.ts';
import type { CallLedger, GatewayPorts } from './ports.ts';
import { UsageDelivery } from './usage-delivery.ts';
import { UsageJournal } from './usage-journal-file.ts';

let folder: string;
let journal: UsageJournal;
/** Batches in the order in which they were kept. */
let kept: { tenant: string; ids: string[]; spreadMs: number }[];
/** What the warehouse does before it has a batch. */
let keeping: () => Promise<void>;
let delivery: UsageDelivery;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'amadeus-delivery-'));
  journal = new UsageJournal(folder);
  await journal.start();
  kept = [];
  keeping = () => Promise.resolve();
  const usage = {
    keep: async ({ tenant }: { tenant: string }, requests: Iterable<LlmRequest>, options: { spreadMs: number }) => {
      const ids = [...requests].map(({ requestId }) => requestId);
      await keeping();
      kept.push({ tenant, ids, ...options });
    },
  };
  const ledger = { told: () => Promise.resolve() } as Partial<CallLedger> as CallLedger;
  const ports = { usage } as unknown as Pick<GatewayPorts, 'usage' | 'prices'>;
  delivery = new UsageDelivery(journal, ports, ledger);
});
afterEach(async () => {
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ended(ids: readonly string[], tenant = 't'): Promise<void> {
  const calls = ids.map((id) => ({
    ...{ id, tenant, region: 'r' },
    request: {
      ...{ requestId: id, startedAt: '2026-11-01T00:00:00.000Z', provider: 'openai', model: 'm' },
      ...{ inputTokens: 1, outputTokens: 0 },
    },
  }));
  await Promise.all(calls.map((call) => journal.begin(call)));
  await Promise.all(calls.map((call) => journal.end(call)));
}
const names = (name: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);

test('the last turn begins when the one before is over, so that nothing is handed over twice', async () => {
  await ended(['a', 'b']);
  keeping = () => delay(50);
  const first = delivery.turn();
  await delay(10);
  await ended(['c']);
  await Promise.all([first, delivery.turn(true)]);
  expect(kept.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c']]);
});

test('a turn that failed keeps no later one from its work', async () => {
  await ended(['a']);
  keeping = () => Promise.reject(new Error('away'));
  await expect(delivery.turn()).rejects.toThrow('away');
  keeping = () => Promise.resolve();
  await delivery.turn();
  expect(kept.map(({ ids }) => ids)).toEqual([['a']]);
});

test('a turn takes less time for its work than the calls took to come, each tenant its part of it, and the last one none', async () => {
  await delay(300);
  await ended(names('a', 180), 'large');
  await ended(names('b', 60), 'small');
  await delivery.turn();
  const [large, small] = kept;
  expect([large!.tenant, small!.tenant]).toEqual(['large', 'small']);
  // As long as so many calls may take, which is less than a quarter of the time in which they came.
  expect(large!.spreadMs).toBeCloseTo(45);
  expect(small!.spreadMs).toBeCloseTo(15);
  await ended(names('c', 240));
  await delivery.turn();
  // These came at once.
  expect(kept[2]!.spreadMs).toBeLessThan(60);
  await delay(300);
  await ended(names('d', 240));
  await delivery.turn(true);
  expect(kept[3]!.spreadMs).toBe(0);
});
