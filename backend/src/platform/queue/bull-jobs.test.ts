import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import Type, { type TSchema } from 'typebox';
import { AppError } from '../errors/index.ts';
import { openStore, startEmbeddedPostgres, type EmbeddedPostgres } from '../store/index.ts';
import { openJobs, type JobDefinition, type Jobs, type OpenJobsOptions, type JobStatus } from './index.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const Numbered = Type.Object({ n: Type.Integer() }, { additionalProperties: false });
let dataDir: string;
let server: EmbeddedPostgres;
const open: Jobs[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'amadeus-queue-'));
  server = await startEmbeddedPostgres({ dataDir });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((jobs) => jobs.close()));
});

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function opened(options: Partial<OpenJobsOptions> = {}): Promise<Jobs> {
  const jobs = await openJobs({ store: server, log: quiet, backoffMs: 10, graceMs: 5_000, ...options });
  open.push(jobs);
  return jobs;
}

function kind<S extends TSchema = typeof Numbered>(
  handle: JobDefinition<S>['handle'],
  more: Partial<JobDefinition<S>> = {},
): JobDefinition<S> {
  return { name: `kind-${randomUUID().slice(0, 8)}`, payload: Numbered as unknown as S, handle, ...more };
}

async function until(ask: () => Promise<JobStatus>, state: JobStatus['state']): Promise<JobStatus> {
  for (;;) {
    const status = await ask();
    if (status.state === state) return status;
    await delay(20);
  }
}

function behaviour(options: () => Partial<OpenJobsOptions>): void {
  test('a job is done, with its progress, note and result for who enqueued it', async () => {
    const jobs = await opened(options());
    const sum = kind(async ({ n }: { n: number }, context) => {
      await context.progress(40, 'half way');
      return { doubled: n * 2 };
    });
    jobs.define(sum);
    const id = await jobs.enqueue(sum, { n: 21 });
    expect(await jobs.status(sum.name, id)).toMatchObject({ state: 'waiting', progress: 0, attempts: 0 });
    await jobs.start();
    const done = await until(() => jobs.status(sum.name, id), 'completed');
    expect(done).toMatchObject({ id, note: 'half way', progress: 100, result: { doubled: 42 }, attempts: 1 });
  });

  test('a failing job is tried again with growing pauses, and then fails with its reason', async () => {
    const jobs = await opened(options());
    const seen: number[] = [];
    const broken = kind(
      async (_payload, context) => {
        seen.push(context.attempt);
        throw new Error('the disk of the neighbour');
      },
      { attempts: 3 },
    );
    jobs.define(broken);
    await jobs.start();
    const id = await jobs.enqueue(broken, { n: 1 });
    const failed = await until(() => jobs.status(broken.name, id), 'failed');
    expect(failed).toMatchObject({ failedReason: 'the disk of the neighbour', attempts: 3 });
    expect(seen).toEqual([1, 2, 3]);
  });

  test('a job whose request is wrong is not tried again', async () => {
    const jobs = await opened(options());
    let runs = 0;
    const wrong = kind(async () => {
      runs += 1;
      throw new AppError('UNPROCESSABLE', 'The file is no bill.');
    });
    jobs.define(wrong);
    await jobs.start();
    const id = await jobs.enqueue(wrong, { n: 1 });
    const failed = await until(() => jobs.status(wrong.name, id), 'failed');
    expect([failed.failedReason, runs]).toEqual(['UNPROCESSABLE: The file is no bill.', 1]);
  });

  test('a second job of the same id is ignored, whatever characters the id has', async () => {
    const jobs = await opened(options());
    const seen: number[] = [];
    const once_ = kind(async ({ n }: { n: number }) => {
      seen.push(n);
    });
    jobs.define(once_);
    const ids = ['7', 'change:7:apply', 'a%3Ab', 'a:b', "'; DROP SCHEMA bullmq; --"];
    for (const id of ids) {
      expect(await jobs.enqueue(once_, { n: 0 }, { id })).toBe(id);
      await jobs.enqueue(once_, { n: 99 }, { id });
    }
    await jobs.start();
    for (const id of ids) await until(() => jobs.status(once_.name, id), 'completed');
    expect(seen).toEqual([0, 0, 0, 0, 0]);
  });

  test('a schedule runs again and again, and is one schedule however often it is declared', async () => {
    const jobs = await opened(options());
    let runs = 0;
    let thrice: () => void = () => undefined;
    const ran = new Promise<void>((resolve) => (thrice = resolve));
    const tick = kind(async () => {
      runs += 1;
      if (runs === 3) thrice();
    });
    jobs.define(tick);
    await jobs.schedule(tick, 200, { n: 1 });
    await jobs.schedule(tick, 200, { n: 1 });
    await jobs.start();
    await ran;
    expect(runs).toBe(3);
  });

  test('an old job whose payload no longer fits fails at once with a clear reason', async () => {
    const older = await opened(options());
    let runs = 0;
    const name = `kind-${randomUUID().slice(0, 8)}`;
    const before = kind(async () => undefined, { name, payload: Type.Object({ count: Type.String() }) as never });
    older.define(before);
    const id = await older.enqueue(before, { count: 'many' } as never);
    const newer = await opened(options());
    const after = kind(
      async () => {
        runs += 1;
      },
      { name },
    );
    newer.define(after);
    await newer.start();
    const failed = await until(() => newer.status(name, id), 'failed');
    expect(failed.failedReason).toMatch(/payload does not match its schema/);
    expect(runs).toBe(0);
  });

  test('close waits for the running job', async () => {
    const jobs = await opened(options());
    let taken: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (taken = resolve));
    const slow = kind(async () => {
      taken();
      await delay(300);
      return 'whole';
    });
    jobs.define(slow);
    await jobs.start();
    const id = await jobs.enqueue(slow, { n: 1 });
    await started;
    await jobs.close();
    const after = await opened(options());
    after.define(slow);
    expect(await after.status(slow.name, id)).toMatchObject({ state: 'completed', result: 'whole' });
  });

  test('close tells a job that outlasts the grace to stop', async () => {
    const jobs = await opened({ ...options(), graceMs: 50 });
    let stopped = false;
    let taken: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (taken = resolve));
    const endless = kind(async (_payload, context) => {
      taken();
      await once(context.signal, 'abort');
      stopped = true;
    });
    jobs.define(endless);
    await jobs.start();
    await jobs.enqueue(endless, { n: 1 });
    await started;
    await jobs.close();
    expect(stopped).toBe(true);
  });

  test('a job whose worker is killed is taken up again by another', async () => {
    const { redisUrl } = options();
    const jobs = await opened({ ...options(), lockMs: 1_000, stalledCheckMs: 500 });
    const hang = kind(async () => 'rescued', { name: 'hang' });
    jobs.define(hang);
    const script = join(import.meta.dirname, 'fixtures', 'hang-in-job.ts');
    const child = spawn(process.execPath, [script, server.url, redisUrl ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const id = await jobs.enqueue(hang, { n: 1 });
    await once(child.stdout, 'data');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await jobs.start();
    const done = await until(() => jobs.status('hang', id), 'completed');
    expect(done.result).toBe('rescued');
  });

  test('a payload that does not fit is refused when it is enqueued, and so is one that is too large', async () => {
    const jobs = await opened(options());
    const free = kind(async () => undefined);
    const long = kind(async () => undefined, { payload: Type.Object({ text: Type.String() }) as never });
    jobs.define(free);
    jobs.define(long);
    await expect(jobs.enqueue(free, { n: 'one' } as never)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(jobs.enqueue(long, { text: 'x'.repeat(300_000) } as never)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  test('a full queue refuses instead of growing', async () => {
    const jobs = await opened({ ...options(), maxWaiting: 2 });
    const free = kind(async () => undefined);
    jobs.define(free);
    await jobs.enqueue(free, { n: 1 });
    await jobs.enqueue(free, { n: 2 }, { delayMs: 60_000 });
    await expect(jobs.enqueue(free, { n: 3 })).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  test('runs and waiting jobs are metrics', async () => {
    const metrics = new Registry();
    const jobs = await opened({ ...options(), metrics });
    const done = kind(async () => undefined);
    jobs.define(done);
    const id = await jobs.enqueue(done, { n: 1 });
    expect(await metrics.metrics()).toContain(`amadeus_jobs_waiting{job="${done.name}"} 1`);
    await jobs.start();
    await until(() => jobs.status(done.name, id), 'completed');
    expect(await metrics.metrics()).toContain(`amadeus_job_runs_total{job="${done.name}",outcome="completed"} 1`);
  });
}

describe('jobs on PostgreSQL', () => {
  behaviour(() => ({}));

  test('two kinds of one name are a mistake in the code', async () => {
    const jobs = await opened();
    const twice = kind(async () => undefined);
    jobs.define(twice);
    expect(() => jobs.define(twice)).toThrow('twice');
  });

  test('connections stay within the shared pool', async () => {
    const jobs = await opened();
    const kinds = Array.from({ length: 6 }, () => kind(async () => undefined));
    for (const each of kinds) jobs.define(each);
    await jobs.start();
    await Promise.all(kinds.flatMap((each) => [1, 2, 3].map((n) => jobs.enqueue(each, { n }))));
    const store = openStore({ url: server.url, maxConnections: 1 });
    const [row] = await store.query<{ n: string }>(
      "SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name NOT LIKE 'amadeus%owner' AND pid <> pg_backend_pid()",
    );
    await store.close();
    expect(Number(row?.n)).toBeLessThanOrEqual(10);
  });

  test('jobs go on when the database went away and came back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'amadeus-queue-away-'));
    const first = await startEmbeddedPostgres({ dataDir: folder });
    const jobs = await opened({ store: first });
    const echo = kind(async ({ n }: { n: number }) => n);
    jobs.define(echo);
    await jobs.start();
    const before = await jobs.enqueue(echo, { n: 1 });
    await until(() => jobs.status(echo.name, before), 'completed');
    await first.stop();
    await expect(jobs.enqueue(echo, { n: 2 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await jobs.ping()).toBe(false);
    const second = await startEmbeddedPostgres({ dataDir: folder, port: first.port });
    const after = await jobs.enqueue(echo, { n: 3 });
    expect(await until(() => jobs.status(echo.name, after), 'completed')).toMatchObject({ result: 3 });
    await jobs.close();
    await second.stop();
    await rm(folder, { recursive: true });
  });

  test('a queue that cannot be reached is an error of its own', async () => {
    const nowhere = { url: 'postgres://nobody:x@127.0.0.1:1/none' };
    await expect(openJobs({ store: nowhere, log: quiet })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

const redisServer = 'redis-server';

function hasRedis(): boolean {
  try {
    execFileSync(redisServer, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

(hasRedis() ? describe : describe.skip)('jobs on Redis (skipped where no redis-server is on the PATH)', () => {
  let redis: ChildProcess;
  let redisUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dataDir];
    redis = spawn(redisServer, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of redis.stdout ?? []) if (String(chunk).includes('Ready to accept')) break;
    redisUrl = `redis://127.0.0.1:${port}`;
  });

  afterAll(async () => {
    const gone = once(redis, 'exit');
    redis.kill('SIGTERM');
    await gone;
  });

  behaviour(() => ({ redisUrl }));
});
