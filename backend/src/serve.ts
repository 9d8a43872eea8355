import { buildApp } from './build-app.ts';
import { composeRooms } from './compose.ts';
import { openPlatform, type OpenPlatform } from './open-platform.ts';
import type { Config } from './platform/config/index.ts';
import type { Caller, Permission } from './platform/identity/index.ts';
import { runLoops } from './platform/loops/index.ts';

/** Tells whoever started the process, over its IPC channel where there is one. */
function tell(message: object): void {
  if (process.connected) process.send?.(message);
}

/** Resolves when a signal, or the end of the process that started this one, asks the service to stop. */
function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
    if (process.connected) process.once('disconnect', () => resolve('the end of its parent'));
  });
}

const HOUR_MS = 3_600_000;

/** What whoever started the service does besides: it goes through the same doors as everyone. */
export interface Errands {
  /** Sends bills. */
  loading: boolean;
  /** Makes keys of the LLM gateway. */
  makingKeys: boolean;
}

/** A key for the script that started the service, an hour long. */
async function starterKey({ platform, identity }: OpenPlatform, permissions: readonly Permission[]): Promise<string> {
  const maker: Caller = {
    kind: 'node',
    id: 'node:start',
    name: 'npm start',
    roles: [],
    permissions: new Set(permissions),
    scope: { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
  };
  const expiresAt = new Date(platform.clock.now().getTime() + HOUR_MS);
  return (await identity.apiKeys.create(maker, { name: 'npm start', permissions, expiresAt })).token;
}

/**
 * Runs the roles of this process until it is asked to stop. Whoever started it is given a key for each errand.
 * @returns the exit code.
 */
export async function serve(config: Config, version: string, { loading, makingKeys }: Errands): Promise<number> {
  const stop = stopRequested();
  const progress = (text: string): void => tell({ type: 'progress', text });
  const opened = await openPlatform(config, version, progress);
  const { platform, tokens, close } = opened;
  const { log } = platform.telemetry;
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const rooms = composeRooms(opened, { version, onProgress: progress });
    const starting = new AbortController();
    void stop.then(() => starting.abort());
    if (config.roles.includes('worker')) await platform.jobs.start();
    for (const room of rooms) {
      if (room.close) closers.push(() => room.close!());
      await room.start?.(starting.signal);
    }
    const app = await buildApp(opened, rooms, version);
    closers.push(() => app.close());
    await app.listen({ host: config.http.host, port: config.http.port });
    if (config.roles.includes('controller')) {
      const loops = runLoops(
        rooms.flatMap((room) => room.loops ?? []),
        platform,
      );
      closers.push(() => loops.close());
    }
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : config.http.port;
    const url = config.http.publicUrl ?? `http://127.0.0.1:${port}`;
    log.info({ url, roles: config.roles }, 'Amadeus is ready');
    tell({
      type: 'ready',
      url,
      serviceToken: tokens.serviceToken,
      datasourceToken: tokens.datasourceToken,
      ...(loading ? { loadingKey: await starterKey(opened, ['ingest:write', 'sources:read']) } : {}),
      ...(makingKeys ? { gatewayKey: await starterKey(opened, ['gateway:write', 'settings:read']) } : {}),
    });
    log.info({ cause: await stop }, 'Amadeus stops');
    return 0;
  } finally {
    for (const one of closers.reverse()) await one();
    await close();
    // An open channel to the parent would keep the process alive.
    if (process.connected) process.disconnect();
  }
}
