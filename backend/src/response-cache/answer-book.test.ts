import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Platform } from '../platform/platform.ts';
import type { TenantKeys } from '../tenant-keys/index.ts';
import { AnswerBook, type WriteEntries } from './answer-book.ts';
import type { NewAnswer } from './entry-sealing.ts';

/** A book before a store that has nothing and takes everything. */
function openBook(mostWrittenPerSecond: number): { book: AnswerBook; written: string[] } {
  const written: string[] = [];
  const write: WriteEntries = (entries) => {
    written.push(...entries.map(({ name }) => name));
    return Promise.resolve({ count: 0, first: null, last: null });
  };
  const secret = createSecretKey(randomBytes(32));
  const book = new AnswerBook({
    platform: {
      store: { query: () => Promise.resolve([]) },
      clock: { now: () => new Date(1_000_000) },
    } as unknown as Platform,
    keys: {
      refresh: () => Promise.resolve([]),
      of: () => Promise.resolve({ id: 'key', secret }),
    } as unknown as TenantKeys,
    ...{ write: { few: write, many: write }, memoryBytes: 1e6, mostWrittenPerSecond },
    ...{ onQuestion: () => undefined, onGone: () => undefined },
  });
  return { book, written };
}

function newAnswer(name: string, rest: Partial<NewAnswer> = {}): NewAnswer {
  const answer = {
    ...{ tenant: 'default', policy: 'p', tags: [], body: '{}', createdAt: 1_000_000, expiresAt: 2_000_000 },
    ...{ provider: 'openai', route: 'openai/gpt', model: 'gpt', inputTokens: 1, outputTokens: 1 },
  };
  return { name, kind: 'answer', answer, ...rest };
}

test('beyond what the store is given a second an answer stays in memory, and goes there with its first hit', async () => {
  const { book, written } = openBook(2);
  for (const name of ['a', 'b', 'c', 'd']) book.keep(newAnswer(name));
  await book.turn();
  expect(written).toEqual(['a', 'b']);
  expect(book.recall('c')).toBeDefined();
  expect(book.recall('c')).toBeDefined();
  expect(book.recall('a')).toBeDefined();
  await book.turn();
  expect(written).toEqual(['a', 'b', 'c']);
});

test('what the store is not given is looked through for personal data once somebody asks for it', async () => {
  const { book, written } = openBook(1);
  let looks = 0;
  const keep = (name: string, isPersonal: boolean, isSeenLater = true): void =>
    book.keep({
      ...{ ...newAnswer(name), isSeenLater },
      isPersonal: () => {
        looks += 1;
        return isPersonal;
      },
    });
  keep('a', false);
  for (const name of ['b', 'c', 'd']) keep(name, true);
  expect(looks).toBe(1);
  keep('e', true, false);
  keep('f', false, false);
  expect(looks).toBe(3);
  expect([book.recall('e'), book.recall('b')]).toEqual([undefined, undefined]);
  expect(book.recall('b', () => false)).toMatchObject({ body: '{}' });
  expect(book.recall('b')).toBeDefined();
  expect(book.recall('c', () => true)).toBeUndefined();
  expect(book.recall('c', () => false)).toBeUndefined();
  expect(book.recall('f', () => true)).toBeDefined();
  expect(await book.find('d')).toBeUndefined();
  expect(await book.find('d', () => true)).toBeUndefined();
  expect(book.facts).toMatchObject({ answers: 3 });
  await book.turn();
  expect(written).toEqual(['a', 'b', 'f']);
});

test('embeddings, and answers that are found by meaning, go to the store in any number', async () => {
  const { book, written } = openBook(1);
  book.keep(newAnswer('a'));
  book.keep(newAnswer('b', { kind: 'embedding' }));
  book.keep(newAnswer('c', { question: { context: '00', text: 'why', vector: new Float32Array() } }));
  await book.turn();
  expect(written).toEqual(['a', 'b', 'c']);
});
