import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startEmbeddedPostgres } from '../store/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { startEmbeddedClickHouse } from '../warehouse/index.ts';

/** Addresses with which a test file opens its own databases. */
export interface StoreAddresses {
  clickhouseUrl: string;
  postgresUrl: string;
}

export interface StoreServers {
  /** Answers with StoreAddresses as JSON; the first request starts the engines. */
  url: string;
  close(): Promise<void>;
}

/**
 * The engines of one run of the tests, in the process that outlives all test files. They start when the first file asks,
 * so that a run of pure tests starts none. AMADEUS_TEST_CLICKHOUSE_URL puts a real ClickHouse in the place of the
 * embedded one.
 */
export async function startStoreServers(): Promise<StoreServers> {
  let started: Promise<StoreAddresses> | undefined;
  const closers: (() => Promise<void>)[] = [];
  const server = createServer((_request, response) => {
    started ??= startEngines(closers);
    started.then(
      (addresses) => response.end(JSON.stringify(addresses)),
      (error: Error) => response.writeHead(500).end(error.stack),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await started?.catch(() => undefined);
      for (const close of closers.splice(0).reverse()) await close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function startEngines(closers: (() => Promise<void>)[]): Promise<StoreAddresses> {
  const dataDir = await mkdtemp(join(tmpdir(), 'amadeus-tests-'));
  closers.push(() => rm(dataDir, { recursive: true, force: true }));
  const log = pino({ level: process.env.AMADEUS_TELEMETRY_LOG_LEVEL ?? 'fatal' });
  const [clickhouseUrl, postgresUrl] = await Promise.all([
    startClickHouse(dataDir, log, closers),
    startEmbeddedPostgres({ dataDir, log }).then((postgres) => {
      closers.push(() => postgres.stop());
      return postgres.url;
    }),
  ]);
  return { clickhouseUrl, postgresUrl };
}

async function startClickHouse(
  dataDir: string,
  log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>,
  closers: (() => Promise<void>)[],
): Promise<string> {
  const given = process.env.AMADEUS_TEST_CLICKHOUSE_URL;
  if (given) return given;
  const engine = await startEmbeddedClickHouse({ dataDir, log });
  closers.push(() => engine.close());
  const url = new URL(engine.url);
  url.username = engine.username;
  url.password = engine.password;
  return url.href;
}
