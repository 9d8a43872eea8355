import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Clock } from '../clock/index.ts';
import { regionDatabases, type Config, type RegionDatabases } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { ClickHouseWarehouse, type ClickHouseWarehouseOptions } from './clickhouse-warehouse.ts';
import type { Warehouse } from './contract.ts';
import { RegionalWarehouse } from './regional-warehouse.ts';
import { ResultCache } from './result-cache.ts';
import { retrying } from './retry.ts';
import { startEmbeddedClickHouse } from './supervisor.ts';
import { toWarehouseError } from './warehouse-error.ts';
import { warehouseMetrics } from './warehouse-metrics.ts';

export interface OpenWarehouseOptions {
  config: Pick<Config, 'dataDir' | 'warehouse'>;
  clock: Clock;
  telemetry: Pick<Telemetry, 'log' | 'metrics'>;
}

const cacheBounds = { maxEntries: 1_000, maxCharacters: 32 * 1024 * 1024 };
const maxConnections = 32;

/** Longest silence on a connection: an insert of a large file works for a while before it answers. */
const requestTimeoutMs = 620_000;

/**
 * Opens the warehouse at `warehouse.url`, or starts the embedded engine where there is none, and makes sure that its
 * databases exist. Tables come with the migrations.
 * @throws AppError UNAVAILABLE where it does not answer or does not let us in.
 */
export async function openWarehouse({ config, clock, telemetry }: OpenWarehouseOptions): Promise<Warehouse> {
  const { url, database, cluster, guards } = config.warehouse;
  const cache = new ResultCache({ clock, ...cacheBounds });
  const metrics = warehouseMetrics(telemetry.metrics, () => ({ entries: cache.entries, characters: cache.characters }));
  const embedded =
    url === undefined
      ? await startEmbeddedClickHouse({
          dataDir: config.dataDir,
          log: telemetry.log,
          onRestart: () => metrics.restarts.inc(),
        })
      : undefined;
  const endpoint = embedded ?? readUrl(url ?? '');
  const onClose = async () => embedded?.close();
  const apart = regionDatabases(config.warehouse);
  try {
    for (const name of apart ? [apart.main, apart.all, ...apart.regions.values()] : [database])
      await createDatabase(endpoint, name, cluster);
  } catch (error) {
    await onClose();
    throw error;
  }
  const open = (name: string, own: Pick<ClickHouseWarehouseOptions, 'onClose' | 'whole'>) =>
    new ClickHouseWarehouse({
      client: connect(endpoint, name, url !== undefined),
      database: name,
      endpoint: { url: endpoint.url, username: endpoint.username, password: endpoint.password },
      ...{ guards, cache, metrics },
      ...own,
    });
  return apart ? openRegions(apart, open, onClose) : open(database, { onClose });
}

/** One connection pool for each database; the engine goes when the last of them is closed. */
function openRegions(
  { main, all, regions }: RegionDatabases,
  open: (database: string, own: Pick<ClickHouseWarehouseOptions, 'onClose' | 'whole'>) => Warehouse,
  onClose: () => Promise<void>,
): Warehouse {
  const own = { onClose: async () => undefined, whole: () => whole };
  const whole: Warehouse = new RegionalWarehouse({
    all: open(all, own),
    main: open(main, own),
    regions: new Map([...regions].map(([region, name]) => [region, open(name, own)])),
    onClose,
  });
  return whole;
}

type Endpoint = Warehouse['endpoint'];

function connect({ url, username, password }: Endpoint, database: string, isRemote: boolean) {
  return createClient({
    url,
    username,
    password,
    database,
    application: 'amadeus',
    max_open_connections: maxConnections,
    request_timeout: requestTimeoutMs,
    compression: { request: isRemote, response: isRemote }, // on loopback it only costs time
    log: { level: ClickHouseLogLevel.OFF }, // errors are ours to log: the client's own lines hold SQL and parameters
  });
}

function readUrl(text: string): Endpoint {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new AppError('UNAVAILABLE', 'warehouse.url is no address; write http://user:password@host:8123.', {
      cause: error,
    });
  }
  const { username, password } = url;
  return {
    url: `${url.protocol}//${url.host}${url.pathname}`.replace(/\/$/, ''),
    username: decodeURIComponent(username) || 'default',
    password: decodeURIComponent(password),
  };
}

async function createDatabase(endpoint: Endpoint, database: string, cluster: string | undefined): Promise<void> {
  const client = connect(endpoint, 'default', false);
  const onCluster = cluster === undefined ? '' : ` ON CLUSTER \`${cluster.replace(/[`\\]/g, '')}\``;
  const attempt = async () => {
    try {
      await client.command({ query: `CREATE DATABASE IF NOT EXISTS \`${database}\`${onCluster}` });
    } catch (error) {
      throw toWarehouseError(error);
    }
  };
  try {
    await retrying(attempt);
  } finally {
    await client.close();
  }
}
