import type { GpuSample, JobRun, Sink, SinkBatch } from '../anycost/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { insertFacts, jobRow, nodeRow, sampleRow } from './fact-repository.ts';

const batchRows = 5_000;

/** Keeps jobs, pods and hosts. The same run again replaces itself; what is known of its end is not forgotten. */
export function jobSink(warehouse: Warehouse, clock: Clock): Sink<JobRun> {
  return {
    keep: async (batch, items) => {
      const arrival = { batch, at: clock.now() };
      return inBatches(items, async (some) => {
        const jobs = some.filter(({ item }) => item.record !== 'node');
        const nodes = some.filter(({ item }) => item.record === 'node');
        await insertFacts(
          warehouse,
          'fact_job',
          jobs.map(({ item, line }) => jobRow(item, line, arrival)),
        );
        await insertFacts(
          warehouse,
          'fact_node',
          nodes.map(({ item }) => nodeRow(item, arrival)),
        );
      });
    },
  };
}

/** Keeps samples of GPUs. */
export function sampleSink(warehouse: Warehouse, clock: Clock): Sink<GpuSample> {
  return {
    keep: async (batch: SinkBatch, items) => {
      const arrival = { batch, at: clock.now() };
      return inBatches(items, (some) =>
        insertFacts(
          warehouse,
          'fact_gpu_sample',
          some.map(({ item }) => sampleRow(item, arrival)),
        ),
      );
    },
  };
}

async function inBatches<T>(
  items: AsyncIterable<{ item: T; line: number }>,
  keep: (some: readonly { item: T; line: number }[]) => Promise<void>,
): Promise<{ kept: number }> {
  let some: { item: T; line: number }[] = [];
  let kept = 0;
  const flush = async (): Promise<void> => {
    await keep(some);
    kept += some.length;
    some = [];
  };
  for await (const one of items) if (some.push(one) >= batchRows) await flush();
  await flush();
  return { kept };
}
