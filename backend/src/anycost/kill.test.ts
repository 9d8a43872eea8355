import { expect, test } from '@jest/globals';
import { openCostStand } from './fixtures/cost-stand.ts';
import { killAtRandom } from './fixtures/kill-harness.ts';

/** `npm run bench -- crash` kills as often as one likes; here it has to be quick. */
const kills = 8;

test('a service that is killed at random moments loses and doubles nothing that it acknowledged', async () => {
  const stand = await openCostStand();
  try {
    const { config, warehouse, store } = stand.stores;
    const result = await killAtRandom({
      ...{ warehouse, store, kills, seed: 7 },
      environment: {
        CLICKHOUSE_URL: config.warehouse.url!,
        DATABASE_URL: config.store.url!,
        AMADEUS_WAREHOUSE_DATABASE: config.warehouse.database,
        AMADEUS_DATA_DIR: stand.folder,
      },
    });
    expect(result.problems).toEqual([]);
    expect(result.kills).toBe(kills);
    expect(result.acknowledged).toBeGreaterThan(kills);
  } finally {
    await stand.close();
  }
}, 300_000);
