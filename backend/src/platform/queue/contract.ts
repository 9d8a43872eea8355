import type { Static, TSchema } from 'typebox';

export interface JobContext {
  id: string;
  attempt: number;
  signal: AbortSignal;
  /** 0 to 100, readable by who enqueued the job. */
  progress(percent: number, note?: string): Promise<void>;
}

/** A kind of work. The payload is validated when it is enqueued and again when it is taken up (older versions may wait). */
export interface JobDefinition<S extends TSchema = TSchema, R = unknown> {
  name: string;
  payload: S;
  /** Tries in all, with exponential backoff. Default 5. */
  attempts?: number;
  /** Jobs of this kind at once in one worker process. Default 2. */
  concurrency?: number;
  handle(payload: Static<S>, context: JobContext): Promise<R>;
}

export type JobState = 'waiting' | 'active' | 'completed' | 'failed' | 'delayed' | 'unknown';
export interface JobStatus {
  id: string;
  name: string;
  state: JobState;
  progress: number;
  note?: string;
  result?: unknown;
  failedReason?: string;
  attempts: number;
}

/** BullMQ on Redis where a URL is given, else on PostgreSQL. */
export interface Jobs {
  /** Declares a kind of work; enqueue and workers know it from then on. Throws on a second one of that name. */
  define<S extends TSchema, R>(definition: JobDefinition<S, R>): void;
  /** Returns the job's id. A second job with the same `id` is ignored while the first is remembered. */
  enqueue<S extends TSchema>(
    definition: JobDefinition<S, unknown>,
    payload: Static<S>,
    options?: { id?: string; delayMs?: number },
  ): Promise<string>;
  /** Runs the job on a fixed rhythm, once for the whole fleet. */
  schedule<S extends TSchema>(
    definition: JobDefinition<S, unknown>,
    everyMs: number,
    payload: Static<S>,
  ): Promise<void>;
  status(name: string, id: string): Promise<JobStatus>;
  /** Starts taking up jobs of every declared kind (role `worker`). */
  start(): Promise<void>;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
