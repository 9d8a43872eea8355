import Type from 'typebox';
import type { Loop } from '../platform/platform.ts';
import type { Jobs } from '../platform/queue/index.ts';
import type { ChangeService } from './changes.ts';

const Advance = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const loopEveryMs = 5_000;

/** Declares the room's jobs; resolves with what has a Change driven by a worker. */
export function declareChangeJobs(jobs: Jobs, service: () => ChangeService): (id: number) => Promise<void> {
  const advance = {
    name: 'changes.advance',
    payload: Advance,
    concurrency: 4,
    handle: async ({ id }: { id: number }, { signal }: { signal: AbortSignal }) => {
      const state = await service().advance(id, signal);
      await service().tellPeople();
      return { state };
    },
  };
  jobs.define(advance);
  return async (id) => {
    await jobs.enqueue(advance, { id });
  };
}

export function changeLoop(service: ChangeService): Loop {
  return { name: 'changes', everyMs: loopEveryMs, run: (signal) => service.tick(signal) };
}
