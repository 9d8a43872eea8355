import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import type { PostgresConnectionOptions, Processor, WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

/** Where the jobs lie. Both kinds share their connections among all queues of the process. */
export interface QueueBackend {
  /** One more kind of work: room for one more waiting worker. */
  admit(): void;
  queue(name: string): Queue;
  worker(name: string, processor: Processor, options: Omit<WorkerOptions, 'connection'>): Worker;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

const closePatienceMs = 3_000;

/** Connections beyond the one on which each worker waits for notifications. */
const sharedConnections = 4;

/** Jobs in the schema `bullmq` of the store's database. Throws where the database cannot be reached. */
export async function openPostgresBackend(url: string, onError: (error: Error) => void): Promise<QueueBackend> {
  const pool = new pg.Pool({
    connectionString: url,
    max: sharedConnections,
    application_name: 'amadeus queue',
    options: '-c search_path=bullmq',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    keepAlive: true,
  });
  // Every queue and worker listens on the shared pool.
  pool.setMaxListeners(0);
  pool.on('error', onError);
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client);
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw error;
  }
  // The library's types know pools by their configuration and queues by Redis; both are used alike from here on.
  const connection = pool as unknown as PostgresConnectionOptions;
  return {
    admit: () => {
      pool.options.max += 1;
    },
    queue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
    worker: (name, processor, options) =>
      new Worker(name, processor, { ...options, connection }, createPostgresBackend) as unknown as Worker,
    ping: () =>
      pool.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    close: () => pool.end(),
  };
}

/** Jobs in Redis (5.0 or newer). Throws where it cannot be reached. */
export async function openRedisBackend(url: string, onError: (error: Error) => void): Promise<QueueBackend> {
  // Who enqueues learns at once that Redis is away; workers wait until it is back.
  const producer = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  const consumer = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null });
  for (const connection of [producer, consumer]) {
    connection.setMaxListeners(0);
    connection.on('error', onError);
  }
  try {
    await Promise.all([producer.connect(), consumer.connect()]);
  } catch (error) {
    producer.disconnect();
    consumer.disconnect();
    throw error;
  }
  const prefix = 'amadeus';
  return {
    admit: () => undefined,
    queue: (name) => new Queue(name, { connection: producer, prefix }),
    worker: (name, processor, options) => new Worker(name, processor, { ...options, connection: consumer, prefix }),
    ping: () =>
      producer.ping().then(
        (answer) => answer === 'PONG',
        () => false,
      ),
    close: async () => {
      const patience = setTimeout(() => consumer.disconnect(), closePatienceMs);
      producer.disconnect();
      await consumer.quit().catch(() => consumer.disconnect());
      clearTimeout(patience);
    },
  };
}
