import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { systemClock, type Clock } from '../clock/index.ts';
import { loadConfig, type Config } from '../config/index.ts';
import { migrateStore, migrateWarehouse } from '../migrations/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { openWarehouse, type Warehouse } from '../warehouse/index.ts';
import type { StoreAddresses } from './store-servers.ts';

export interface TestStores {
  warehouse: Warehouse;
  store: Store;
  /** The configuration under which both were opened, e.g. to build a Platform. */
  config: Config;
  /** Drops both databases and closes the connections. */
  close(): Promise<void>;
}

export interface TestStoresOptions {
  /** Age of cached answers; real time by default. */
  clock?: Clock;
  /** False leaves both databases empty. */
  migrated?: boolean;
  /** Further settings of the service by their environment names, e.g. { AMADEUS_WAREHOUSE_CACHE_SECONDS: '0' }. */
  environment?: Record<string, string>;
}

/**
 * A ClickHouse and a PostgreSQL database of the test file's own, migrated. The engines behind them are shared by all files
 * of the run. `const stores = await testStores(); afterAll(() => stores.close())`.
 */
export async function testStores(options: TestStoresOptions = {}): Promise<TestStores> {
  const { clock = systemClock, migrated = true, environment = {} } = options;
  const { clickhouseUrl, postgresUrl } = await addresses();
  const database = `test_${randomBytes(6).toString('hex')}`;
  const storeUrl = new URL(postgresUrl);
  storeUrl.pathname = `/${database}`;
  const owner = openStore({ url: postgresUrl, maxConnections: 1 });
  await owner.query(`CREATE DATABASE ${database}`);
  const config = loadConfig({
    environment: {
      CLICKHOUSE_URL: clickhouseUrl,
      DATABASE_URL: storeUrl.href,
      AMADEUS_WAREHOUSE_DATABASE: database,
      ...environment,
    },
  });
  const log = pino({ level: 'silent' });
  const store = openStore({ url: storeUrl.href, maxConnections: 5 });
  const warehouse = await openWarehouse({ config, clock, telemetry: { log, metrics: new Registry() } });
  if (migrated) {
    await migrateStore(store);
    await migrateWarehouse(warehouse, { store });
    await keepEveryRow(warehouse);
  }
  const close = async () => {
    const [main = warehouse] = warehouse.homes;
    const others = [warehouse, ...warehouse.homes].map((one) => one.database).filter((name) => name !== main.database);
    // The statements are sent in the main one, so that it goes last.
    for (const name of new Set([...others, main.database])) await main.command(`DROP DATABASE IF EXISTS ${name} SYNC`);
    await warehouse.close();
    await store.close();
    await owner.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await owner.close();
  };
  return { warehouse, store, config, close };
}

/** Rows and values expire by the machine's clock, while tests live at dates of their own: in tests none expires. */
async function keepEveryRow(warehouse: Warehouse): Promise<void> {
  for (const home of new Set([warehouse, ...warehouse.homes])) {
    const { rows } = await home.query<{ table: string; columns: string; ofRows: string }>(
      `SELECT name AS table, splitByString('ENGINE = ', create_table_query)[1] AS columns, substring(create_table_query, length(columns) + 1) AS ofRows
       FROM system.tables WHERE database = currentDatabase() AND create_table_query LIKE '% TTL %'`,
    );
    for (const { table, columns, ofRows } of rows) {
      for (const [, column] of columns.matchAll(/`(\w+)` [^`]*? TTL /g))
        await home.command(`ALTER TABLE ${table} MODIFY COLUMN ${column} REMOVE TTL`);
      if (ofRows.includes(' TTL ')) await home.command(`ALTER TABLE ${table} REMOVE TTL`);
    }
  }
}

async function addresses(): Promise<StoreAddresses> {
  const url = process.env.AMADEUS_TEST_STORES;
  if (!url) throw new Error('testStores() works under jest with the configuration of backend/jest.config.mjs');
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the engines of the tests did not start:\n${await response.text()}`);
  return (await response.json()) as StoreAddresses;
}
