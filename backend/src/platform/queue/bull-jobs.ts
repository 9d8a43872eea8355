import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Job, JobsOptions, Queue, Worker } from 'bullmq';
import type { Registry } from 'prom-client';
import type { Static, TSchema } from 'typebox';
import { AppError, isAppError } from '../errors/index.ts';
import type { Store } from '../store/index.ts';
import { activeTraceparent, type Logger, type Telemetry } from '../telemetry/index.ts';
import type { JobDefinition, Jobs, JobState, JobStatus } from './contract.ts';
import { fromQueueId, toQueueId } from './job-id.ts';
import { jobRunner } from './job-runner.ts';
import { checkedPayload } from './payload.ts';
import { openPostgresBackend, openRedisBackend, type QueueBackend } from './queue-backend.ts';
import { queueMetrics, type QueueMetrics } from './queue-metrics.ts';

export interface OpenJobsOptions {
  /** Jobs lie in this store's database unless `redisUrl` is given. */
  store: Pick<Store, 'url'>;
  redisUrl?: string;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  metrics?: Registry;
  /** Runs each job in a span that continues the trace of who enqueued it. */
  span?: Telemetry['span'];
  /** Jobs of one kind that may wait; more are refused with RATE_LIMITED. Default 100,000. */
  maxWaiting?: number;
  /** How long a job whose worker died stays with it, and how often that is looked for. Default 30 s each. */
  lockMs?: number;
  stalledCheckMs?: number;
  /** First pause before a repeated try; it doubles with each. Default 1 s. */
  backoffMs?: number;
  /** How long `close` waits for running jobs before their signal fires. Default 20 s. */
  graceMs?: number;
}

const maxKinds = 32;
const defaultAttempts = 5;
const defaultConcurrency = 2;
/** A worker that is killed this often with the same job is taken to be killed by it. */
const maxStalledCount = 3;
const answerLimitMs = 10_000;
const cancelPatienceMs = 2_000;
const hours = 3_600;
const remembered = {
  removeOnComplete: { age: 24 * hours, count: 5_000 },
  removeOnFail: { age: 14 * 24 * hours, count: 5_000 },
} as const;

/** Opens the queue. Throws UNAVAILABLE where its PostgreSQL or Redis cannot be reached. */
export async function openJobs(options: OpenJobsOptions): Promise<Jobs> {
  const onError = (error: Error) => options.log.warn({ err: error }, 'A connection of the queue failed; it is renewed');
  try {
    const backend = options.redisUrl
      ? await openRedisBackend(options.redisUrl, onError)
      : await openPostgresBackend(options.store.url, onError);
    return new BullJobs(backend, options);
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError('UNAVAILABLE', 'The queue cannot be reached.', {
    cause: error,
    help: 'Check REDIS_URL where it is set, else DATABASE_URL. The service recovers by itself when it is back.',
  });
}

class BullJobs implements Jobs {
  #backend: QueueBackend;
  #options: OpenJobsOptions;
  #metrics: QueueMetrics;
  #definitions = new Map<string, JobDefinition>();
  #queues = new Map<string, Promise<Queue>>();
  #workers: Worker[] = [];
  #started = false;
  #closed: Promise<void> | undefined;

  constructor(backend: QueueBackend, options: OpenJobsOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#metrics = queueMetrics(options.metrics, () => this.#waiting());
  }

  define<S extends TSchema, R>(definition: JobDefinition<S, R>): void {
    const { name } = definition;
    if (!/^[a-z][a-z0-9.-]{0,60}$/.test(name)) throw new Error(`A kind of work cannot be called ${name}.`);
    if (this.#definitions.has(name)) throw new Error(`The kind of work ${name} is defined twice.`);
    if (this.#definitions.size >= maxKinds) throw new Error(`There are more than ${maxKinds} kinds of work.`);
    this.#definitions.set(name, definition);
    this.#backend.admit();
    if (this.#started) void this.#work(definition);
  }

  async enqueue<S extends TSchema>(
    definition: JobDefinition<S, unknown>,
    payload: Static<S>,
    options: { id?: string; delayMs?: number } = {},
  ): Promise<string> {
    this.#known(definition.name);
    const data = checkedPayload(definition.name, definition.payload, payload);
    const id = options.id ?? randomUUID();
    await this.#answered(definition.name, async (queue) => {
      const limit = this.#options.maxWaiting ?? 100_000;
      if ((await queue.count()) >= limit) {
        throw new AppError('RATE_LIMITED', `${limit} jobs of the kind ${definition.name} wait already.`, {
          help: 'Wait until the workers have caught up, or start more of them.',
        });
      }
      await queue.add(definition.name, data, {
        ...this.#jobOptions(definition.attempts),
        jobId: toQueueId(id),
        ...traceOfCaller(),
        ...(options.delayMs ? { delay: options.delayMs } : {}),
      });
    });
    return id;
  }

  async schedule<S extends TSchema>(
    definition: JobDefinition<S, unknown>,
    everyMs: number,
    payload: Static<S>,
  ): Promise<void> {
    this.#known(definition.name);
    const data = checkedPayload(definition.name, definition.payload, payload);
    await this.#answered(definition.name, (queue) =>
      queue.upsertJobScheduler(
        definition.name,
        { every: everyMs },
        { name: definition.name, data, opts: this.#jobOptions(definition.attempts) },
      ),
    );
  }

  async status(name: string, id: string): Promise<JobStatus> {
    this.#known(name);
    return this.#answered(name, async (queue) => {
      // The state first: a job that ends in between is then read with its result, and not said to have ended without one.
      const state = jobState(await queue.getJobState(toQueueId(id)));
      const job = (await queue.getJob(toQueueId(id))) as Job | undefined;
      if (!job) return { id, name, state: 'unknown', progress: 0, attempts: 0 };
      const { percent, note } = readProgress(job.progress);
      return {
        id,
        name,
        state,
        progress: state === 'completed' ? 100 : percent,
        attempts: job.attemptsMade,
        ...(note === undefined ? {} : { note }),
        ...(state === 'completed' ? { result: job.returnvalue as unknown } : {}),
        ...(job.failedReason ? { failedReason: job.failedReason } : {}),
      };
    });
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    try {
      await Promise.all([...this.#definitions.values()].map((definition) => this.#work(definition)));
    } catch (error) {
      throw unavailable(error);
    }
  }

  ping(): Promise<boolean> {
    return Promise.race([this.#backend.ping(), delay(answerLimitMs, false, { ref: false })]);
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  /** Running jobs may end; after the grace their signal fires, and what then still runs is taken up by another worker. */
  async #close(): Promise<void> {
    const workers = Promise.all(this.#workers.map((worker) => worker.close()));
    const done = await Promise.race([
      workers.then(() => true),
      delay(this.#options.graceMs ?? 20_000, false, { ref: false }),
    ]);
    if (!done) {
      for (const worker of this.#workers) worker.cancelAllJobs('The service stops');
      await Promise.race([workers, delay(cancelPatienceMs, undefined, { ref: false })]);
    }
    for (const queue of this.#queues.values()) await queue.then((open) => open.close()).catch(() => undefined);
    await Promise.race([this.#backend.close(), delay(cancelPatienceMs, undefined, { ref: false })]);
  }

  #known(name: string): JobDefinition {
    const definition = this.#definitions.get(name);
    if (!definition) throw new Error(`The kind of work ${name} is not defined.`);
    return definition;
  }

  #jobOptions(attempts = defaultAttempts): JobsOptions {
    return {
      attempts,
      backoff: { type: 'exponential', delay: this.#options.backoffMs ?? 1_000, jitter: 0.5 },
      ...remembered,
    };
  }

  #queue(name: string): Promise<Queue> {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = this.#openQueue(name);
      this.#queues.set(name, queue);
      // One that could not connect stays unusable for ever: the next call makes another.
      queue.catch(() => this.#queues.delete(name));
    }
    return queue;
  }

  async #openQueue(name: string): Promise<Queue> {
    const queue = this.#backend.queue(name);
    queue.on('error', (error) => this.#options.log.warn({ err: error, job: name }, 'The queue reports an error'));
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      await queue.close().catch(() => undefined);
      throw error;
    }
  }

  async #answered<T>(name: string, ask: (queue: Queue) => Promise<T>): Promise<T> {
    const late = new AbortController();
    try {
      return await Promise.race([
        this.#queue(name).then(ask),
        delay(answerLimitMs, undefined, { signal: late.signal }).then(() => {
          throw new Error(`The queue did not answer within ${answerLimitMs} ms.`);
        }),
      ]);
    } catch (error) {
      throw unavailable(error);
    } finally {
      late.abort();
    }
  }

  async #work(definition: JobDefinition): Promise<void> {
    const { name } = definition;
    const run = jobRunner(definition, this.#options.log, this.#metrics, this.#options.span);
    const worker = this.#backend.worker(name, (job, _token, signal) => run(job, signal), {
      concurrency: definition.concurrency ?? defaultConcurrency,
      lockDuration: this.#options.lockMs ?? 30_000,
      stalledInterval: this.#options.stalledCheckMs ?? 30_000,
      maxStalledCount,
      runRetryDelay: 2_000,
      ...remembered,
    });
    this.#workers.push(worker);
    worker.on('error', (error) => this.#options.log.warn({ err: error, job: name }, 'A worker reports an error'));
    worker.on('stalled', (id) => {
      this.#metrics.finished(name, 'stalled');
      this.#options.log.warn({ job: name, id: fromQueueId(id) }, 'A job lost its worker and is taken up again');
    });
    await worker.waitUntilReady();
  }

  async #waiting(): Promise<ReadonlyMap<string, number>> {
    const counts = [...this.#definitions.keys()].map(async (name): Promise<[string, number][]> => {
      const count = await this.#answered(name, (queue) => queue.count()).catch(() => undefined);
      return count === undefined ? [] : [[name, count]];
    });
    return new Map((await Promise.all(counts)).flat());
  }
}

/** The job's own place for a trace; it is not part of the payload, which others wrote the schema of. */
function traceOfCaller(): JobsOptions {
  const metadata = activeTraceparent();
  return metadata === undefined ? {} : { telemetry: { metadata } };
}

function jobState(state: string): JobState {
  switch (state) {
    case 'active':
    case 'completed':
    case 'failed':
    case 'delayed':
      return state;
    case 'waiting':
    case 'prioritized':
    case 'waiting-children':
      return 'waiting';
    default:
      return 'unknown';
  }
}

function readProgress(progress: unknown): { percent: number; note?: string } {
  if (typeof progress !== 'object' || progress === null)
    return { percent: typeof progress === 'number' ? progress : 0 };
  const { percent, note } = progress as { percent?: unknown; note?: unknown };
  return { percent: typeof percent === 'number' ? percent : 0, ...(typeof note === 'string' ? { note } : {}) };
}
