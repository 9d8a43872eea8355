import { createAudit } from './platform/audit/index.ts';
import { systemClock } from './platform/clock/index.ts';
import type { Config } from './platform/config/index.ts';
import { createIdentity, ensureTokens, type Identity, type ServiceTokens } from './platform/identity/index.ts';
import { migrateStore, migrateWarehouse } from './platform/migrations/index.ts';
import { createNotifier } from './platform/notify/index.ts';
import { configuredHosts, createOutgoing } from './platform/outgoing/index.ts';
import type { Platform } from './platform/platform.ts';
import { openJobs } from './platform/queue/index.ts';
import { openStore, startEmbeddedPostgres, storeMetrics } from './platform/store/index.ts';
import { createTelemetry } from './platform/telemetry/index.ts';
import { openWarehouse, traceWarehouse } from './platform/warehouse/index.ts';

export interface OpenPlatform {
  platform: Platform;
  identity: Identity;
  tokens: ServiceTokens;
  /** Closes what was opened, last first. */
  close(): Promise<void>;
}

/**
 * Opens the floor that the rooms stand on: telemetry, both stores with their migrations applied, queue, identity, audit,
 * notifications. What was opened is closed again when a later part fails.
 */
export async function openPlatform(
  config: Config,
  version: string,
  onProgress: (text: string) => void,
): Promise<OpenPlatform> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    return { ...(await open(config, version, onProgress, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  config: Config,
  version: string,
  onProgress: (text: string) => void,
  closers: (() => Promise<void>)[],
): Promise<Omit<OpenPlatform, 'close'>> {
  const clock = systemClock;
  const telemetry = await createTelemetry({ config, serviceVersion: version });
  closers.push(() => telemetry.close());
  const outgoing = createOutgoing({ allow: configuredHosts(config), telemetry });
  closers.push(() => outgoing.close());
  onProgress(
    config.store.url === undefined
      ? 'Starting the embedded PostgreSQL and ClickHouse ...'
      : 'Connecting to the stores ...',
  );
  const opening = [
    openTheStore(config, telemetry, closers),
    openWarehouse({ config, clock, telemetry }).then((opened) => {
      closers.push(() => opened.close());
      return traceWarehouse(opened, telemetry);
    }),
  ] as const;
  // Where one of them cannot be opened, the other is to be closed, and so has to be open first.
  await Promise.allSettled(opening);
  const [store, warehouse] = await Promise.all(opening);
  onProgress('Applying migrations ...');
  await migrateStore(store);
  await migrateWarehouse(warehouse, {
    store,
    ...(config.warehouse.cluster === undefined ? {} : { cluster: config.warehouse.cluster }),
  });
  const jobs = await openJobs({
    store,
    log: telemetry.log,
    metrics: telemetry.metrics,
    span: telemetry.span,
    ...(config.queue.url === undefined ? {} : { redisUrl: config.queue.url }),
  });
  closers.push(() => jobs.close());
  const tokens = ensureTokens(config);
  const identity = createIdentity({ config, clock, store, outgoing });
  const audit = createAudit({ config, clock, store, log: telemetry.log });
  const notifier = createNotifier({ channels: config.notify.channels, outgoing, telemetry, ...sourceOf(config) });
  return {
    platform: { config, clock, telemetry, warehouse, store, jobs, audit, notifier, outgoing },
    identity,
    tokens,
  };
}

/** What receivers of notifications see as the origin. */
function sourceOf({ http }: Config): { source?: string } {
  return http.publicUrl !== undefined && URL.canParse(http.publicUrl) ? { source: new URL(http.publicUrl).host } : {};
}

async function openTheStore(
  config: Config,
  telemetry: Platform['telemetry'],
  closers: (() => Promise<void>)[],
): Promise<Platform['store']> {
  let url = config.store.url;
  if (url === undefined) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log: telemetry.log });
    closers.push(() => embedded.stop());
    url = embedded.url;
  }
  const store = openStore({
    url,
    maxConnections: config.store.maxConnections,
    log: telemetry.log,
    onEvent: storeMetrics(telemetry.metrics),
  });
  closers.push(() => store.close());
  return store;
}
