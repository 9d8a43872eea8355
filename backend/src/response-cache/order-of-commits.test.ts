import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { ManualClock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { TenantKeys } from '../tenant-keys/index.ts';
import { AnswerBook, type KnownQuestion } from './answer-book.ts';
import { flush, insertEntries, insertObservations, observationsAfter } from './entry-repository.ts';
import { sealedEntry, type NewAnswer } from './entry-sealing.ts';
import { writeHere } from './entry-writer-client.ts';

/** What one transaction numbers before another, and shows after it, must not be passed over. */
let stores: TestStores;
let clock: ManualClock;
let keys: TenantKeys;
let book: AnswerBook;
let told: KnownQuestion[];
let end: PromiseWithResolvers<void>;

beforeAll(async () => {
  stores = await testStores();
}, 120_000);
afterAll(() => stores.close());

beforeEach(() => {
  end = Promise.withResolvers();
  clock = new ManualClock('2026-11-20T12:00:00Z');
  const platform = { store: stores.store, clock };
  keys = new TenantKeys(platform, 'secret');
  told = [];
  const write = writeHere(stores.store);
  book = new AnswerBook({
    ...{ platform, keys, write: { few: write, many: write }, memoryBytes: 1e6, mostWrittenPerSecond: 100 },
    ...{ onQuestion: (one) => void told.push(one), onGone: () => undefined },
  });
});

afterEach(() => end.resolve());

/** A transaction that has done its work and is not over. */
async function held(work: (tx: Store) => Promise<unknown>): Promise<{ commit(): Promise<void> }> {
  const done = Promise.withResolvers<void>();
  const over = stores.store.transaction(async (tx) => {
    await work(tx);
    done.resolve();
    await end.promise;
  });
  await Promise.race([done.promise, over]);
  return {
    commit: async () => {
      end.resolve();
      await over;
    },
  };
}

/** Time in which what waits for nobody is over. */
const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

function newAnswer(tenant: string, rest: Partial<NewAnswer> = {}): NewAnswer {
  const at = clock.now().getTime();
  const answer = {
    ...{ tenant, policy: 'p', tags: [], body: '{}', createdAt: at, expiresAt: at + 3_600_000 },
    ...{ provider: 'openai', route: 'openai/gpt', model: 'gpt', inputTokens: 1, outputTokens: 1 },
  };
  return { name: randomBytes(32).toString('hex'), kind: 'answer', answer, ...rest };
}

const sealed = async (one: NewAnswer) => sealedEntry(one, await keys.of(one.answer.tenant));

describe('committed in the other order of their numbers', () => {
  test('invalidations all reach the memory of gateways', async () => {
    const [early, late] = [newAnswer('early'), newAnswer('late')];
    for (const one of [early, late]) book.keep(one);
    await clock.advance(1_000);
    const first = await held((tx) => flush(tx, { tenant: 'early' }, clock.now()));
    const second = stores.store.transaction((tx) => flush(tx, { tenant: 'late' }, clock.now()));
    await moment();
    await book.turn();
    await first.commit();
    await second;
    await book.turn();
    expect([book.recall(early.name), book.recall(late.name)]).toEqual([undefined, undefined]);
  });

  test('what was said of answers is learned by every gateway', async () => {
    const observed = (tenant: string) => ({
      ...{ tenant, policy: 'p', entry: randomBytes(32), similarity: 0.9, correct: false },
      ...{ source: 'feedback' as const, at: clock.now() },
    });
    let last = '0';
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      for (const { id, tenant } of await observationsAfter(stores.store, last, 10)) {
        last = id;
        seen.push(tenant);
      }
    };
    const first = await held((tx) => insertObservations(tx, [observed('early'), observed('early')]));
    const second = insertObservations(stores.store, [observed('late')]);
    await moment();
    await look();
    await first.commit();
    await second;
    await look();
    expect(seen).toEqual(['early', 'early', 'late']);
  });

  test('entries are found a little later, and nothing is told twice', async () => {
    const question = { context: '00', text: 'why', vector: new Float32Array([1, 2]) };
    const [early, late] = [newAnswer('first'), newAnswer('second', { question })];
    await book.turn();
    const lines = [await sealed(early), await sealed(late)];
    const first = await held((tx) => insertEntries(tx, lines.slice(0, 1)));
    await insertEntries(stores.store, lines.slice(1));
    await book.turn();
    expect([book.knows(early.name), book.knows(late.name)]).toEqual([false, true]);
    await first.commit();
    for (let turn = 0; turn < 3; turn++) {
      await clock.advance(5_000);
      await book.turn();
    }
    expect([book.knows(early.name), book.knows(late.name)]).toEqual([true, true]);
    expect(told.map(({ entry }) => entry)).toEqual([late.name]);
  });
});
