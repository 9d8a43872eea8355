import { UnrecoverableError, type Job } from 'bullmq';
import { isAppError } from '../errors/index.ts';
import type { Logger, Telemetry } from '../telemetry/index.ts';
import type { JobContext, JobDefinition } from './contract.ts';
import { fromQueueId } from './job-id.ts';
import { payloadErrors } from './payload.ts';
import type { QueueMetrics } from './queue-metrics.ts';

export type JobLog = Pick<Logger, 'info' | 'warn' | 'error'>;

/** What a worker does with one job of a kind: check its payload again, run it, count it, decide whether to try again. */
export function jobRunner(definition: JobDefinition, log: JobLog, metrics: QueueMetrics, span?: Telemetry['span']) {
  return async (job: Job, signal: AbortSignal | undefined): Promise<unknown> => {
    const from = performance.now();
    const seconds = () => (performance.now() - from) / 1000;
    try {
      const errors = payloadErrors(definition.payload, job.data);
      if (errors.length > 0) {
        throw new UnrecoverableError(`The payload does not match its schema: ${errors.join('; ')}`);
      }
      const handle = () => definition.handle(job.data as never, contextOf(job, signal));
      const result = await (span ? span(`job ${definition.name}`, factsOf(job), handle, placeOf(job)) : handle());
      metrics.finished(definition.name, 'completed', seconds());
      return result;
    } catch (error) {
      const final = !mayHelpToRepeat(error) || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      metrics.finished(definition.name, final ? 'failed' : 'retried', seconds());
      const facts = { err: error, job: definition.name, id: fromQueueId(job.id ?? ''), attempt: job.attemptsMade + 1 };
      if (final) log.error(facts, 'A job failed');
      else log.warn(facts, 'A job failed and will be tried again');
      if (isAppError(error) && !mayHelpToRepeat(error)) throw new UnrecoverableError(`${error.code}: ${error.message}`);
      throw error;
    }
  };
}

function factsOf(job: Job) {
  return { 'messaging.message.id': fromQueueId(job.id ?? ''), attempt: job.attemptsMade + 1 };
}

function placeOf(job: Job) {
  return { kind: 'consumer' as const, parent: job.opts.telemetry?.metadata };
}

function contextOf(job: Job, signal: AbortSignal | undefined): JobContext {
  return {
    id: fromQueueId(job.id ?? ''),
    attempt: job.attemptsMade + 1,
    signal: signal ?? new AbortController().signal,
    progress: (percent, note) =>
      job.updateProgress({ percent: Math.min(100, Math.max(0, percent)), ...(note === undefined ? {} : { note }) }),
  };
}

/** A request that was wrong stays wrong; what was busy, full, away or overtaken may go well the next time. */
function mayHelpToRepeat(error: unknown): boolean {
  if (error instanceof UnrecoverableError) return false;
  if (!isAppError(error) || error.status >= 500) return true;
  return error.code === 'CONFLICT' || error.code === 'RATE_LIMITED' || error.code === 'CLIENT_CLOSED';
}
