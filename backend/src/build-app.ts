import type { OpenPlatform } from './open-platform.ts';
import { createHttpServer, type App } from './platform/http/index.ts';
import type { Room } from './platform/platform.ts';

/** The HTTP server with the routes of every room, each in a scope of its own; without them where the role `api` is not ours. */
export async function buildApp(
  { platform, identity }: OpenPlatform,
  rooms: readonly Room[],
  version: string,
): Promise<App> {
  const { config, clock, telemetry, audit, warehouse, store, jobs } = platform;
  const checks = { warehouse: () => warehouse.ping(), store: () => store.ping(), queue: () => jobs.ping() };
  const app = await createHttpServer({ config, version, clock, telemetry, identity, audit, checks });
  if (!config.roles.includes('api')) return app;
  for (const room of rooms) if (room.routes) await app.register(async (scope) => room.routes!(scope as App));
  return app;
}
