import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '../clock/index.ts';
import type { Store } from '../store/index.ts';
import { createSilentTelemetry } from '../telemetry/index.ts';
import { runLoops, untilNextTurn } from './run-loops.ts';

const minute = 60_000;
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

function storeWithLocks(taken = new Set<string>()): Store {
  return {
    withLock: async <T>(name: string, work: () => Promise<T>) => {
      if (taken.has(name)) return undefined;
      taken.add(name);
      try {
        return await work();
      } finally {
        taken.delete(name);
      }
    },
  } as Partial<Store> as Store;
}

describe('loops', () => {
  test('begin at the multiples of their rhythm, after their offset', () => {
    expect(untilNextTurn({ everyMs: minute }, 90_000)).toBe(30_000);
    expect(untilNextTurn({ everyMs: minute, offsetMs: 5_000 }, 60_000)).toBe(5_000);
    expect(untilNextTurn({ everyMs: minute }, minute)).toBe(minute);
  });

  test('go on after a turn that failed', async () => {
    const clock = new ManualClock('2026-11-21T10:00:10Z');
    let turns = 0;
    const telemetry = createSilentTelemetry();
    const runner = runLoops(
      [
        {
          name: 'x',
          everyMs: minute,
          run: async () => {
            if (++turns === 1) throw new Error('once');
          },
        },
      ],
      { clock, store: storeWithLocks(), telemetry },
    );
    for (let i = 0; i < 3; i++) {
      await clock.advance(minute);
      await settle();
    }
    await runner.close();
    expect(turns).toBe(3);
    const text = await telemetry.metrics.metrics();
    expect(text).toContain('amadeus_loop_turns_total{loop="x",outcome="failed"} 1');
    expect(text).toContain('amadeus_loop_turns_total{loop="x",outcome="done"} 2');
  });

  test('leave the turn to the replica that holds the lock', async () => {
    const clock = new ManualClock('2026-11-21T10:00:10Z');
    const locks = new Set<string>(['loop:x']);
    let turns = 0;
    const runner = runLoops([{ name: 'x', everyMs: minute, run: async () => void turns++ }], {
      clock,
      store: storeWithLocks(locks),
      telemetry: createSilentTelemetry(),
    });
    await clock.advance(minute);
    await settle();
    expect(turns).toBe(0);
    locks.clear();
    await clock.advance(minute);
    await settle();
    await runner.close();
    expect(turns).toBe(1);
  });
});
