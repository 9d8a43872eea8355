import { describe, expect, test } from '@jest/globals';
import { AppError } from '../errors/index.ts';
import { Gathering } from './gathering.ts';

const later = () => new Promise((resolve) => setImmediate(resolve));

function doubling(fails: (batch: readonly number[]) => Error | undefined = () => undefined) {
  const batches: number[][] = [];
  const gathering = new Gathering<number, number>({
    what: 'work',
    work: async (batch) => {
      batches.push([...batch]);
      await later();
      const error = fails(batch);
      if (error) throw error;
      return batch.map((one) => one * 2);
    },
    most: 3,
    mostWaiting: 5,
  });
  return { gathering, batches };
}

describe('a gathering', () => {
  test('does the first at once, and what comes meanwhile together, in its order', async () => {
    const { gathering, batches } = doubling();
    expect(await Promise.all([1, 2, 3, 4, 5].map((one) => gathering.add(one)))).toEqual([2, 4, 6, 8, 10]);
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
    expect(await gathering.add(7)).toBe(14);
  });

  test('lets nobody fail for what is wrong with another', async () => {
    const { gathering, batches } = doubling((batch) => (batch.includes(3) ? new Error('three') : undefined));
    const outs = await Promise.allSettled([1, 2, 3, 4].map((one) => gathering.add(one)));
    expect(outs.map((out) => (out.status === 'fulfilled' ? out.value : (out.reason as Error).message))).toEqual([
      ...[2, 4, 'three', 8],
    ]);
    expect(batches).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
  });

  test('does not ask again one by one whoever is away', async () => {
    const { gathering, batches } = doubling(() => new AppError('UNAVAILABLE', 'The store is away.'));
    const outs = await Promise.allSettled([1, 2, 3].map((one) => gathering.add(one)));
    expect(outs.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  test('refuses what is beyond all measure, and keeps the rest', async () => {
    const { gathering } = doubling();
    const all = [1, 2, 3, 4, 5, 6, 7].map((one) => gathering.add(one));
    await expect(all[6]).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await Promise.all(all.slice(0, 6))).toEqual([2, 4, 6, 8, 10, 12]);
  });
});
