import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAtRandom } from '../src/anycost/fixtures/kill-harness.ts';
import { openPlatform } from '../src/open-platform.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import { atLeast, atMost, option, report, say } from './report.ts';

export const description =
  'kills the service at random while bills arrive, and looks for what is lost or doubled [--kills N] [--seed N]';

/** The stores live in this process and outlive the service, which is a child that is killed. */
export async function run(args: readonly string[]): Promise<void> {
  const kills = Number(option(args, '--kills') ?? 50);
  const seed = Number(option(args, '--seed') ?? 42);
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-crash-'));
  const environment = { AMADEUS_DATA_DIR: folder, AMADEUS_TELEMETRY_LOG_LEVEL: 'warn' };
  const { platform, close } = await openPlatform(loadConfig({ environment }), 'bench', say);
  try {
    const { warehouse, store } = platform;
    const engine = new URL(warehouse.endpoint.url);
    engine.username = warehouse.endpoint.username;
    engine.password = warehouse.endpoint.password;
    const result = await killAtRandom({
      ...{ warehouse, store, kills, seed },
      environment: {
        CLICKHOUSE_URL: engine.href,
        DATABASE_URL: store.url,
        AMADEUS_WAREHOUSE_DATABASE: warehouse.database,
        AMADEUS_DATA_DIR: join(folder, 'service'),
      },
      onKill: (count) => say(`killed ${count} times`),
    });
    for (const problem of result.problems) say(problem);
    report('crash', [
      atLeast('kills', result.kills, '', 50),
      atLeast('killed_with_bills_under_way', result.midway, ''),
      atLeast('bills_sent', result.sent, ''),
      atLeast('bills_acknowledged', result.acknowledged, ''),
      atMost('lost_or_doubled', result.problems.length, '', 0),
    ]);
  } finally {
    await close();
    await rm(folder, { recursive: true, force: true });
  }
}
