import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createAnycostRoom, type AnycostRoom } from '../anycost/index.ts';
import { cloudConnectors } from './index.ts';
import { readFixtures, readRecords } from './kit/fixture-reader.ts';
import { billedIn } from './kit/map-fixture.ts';
import { Exact, amountText } from './mapping/exact-amount.ts';

const costs = ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'] as const;
const place = { tenant: 'default', region: 'default' };
const fixtures = cloudConnectors.flatMap((connector) =>
  readFixtures(connector, join(import.meta.dirname, connector.kind)).map((fixture) => ({
    ...fixture,
    connector,
    source: `${connector.kind}-${fixture.name}`,
    path: join(import.meta.dirname, connector.kind, 'fixtures', fixture.name),
  })),
);

let stand: CostStand;
let room: AnycostRoom;
let folder: string;
beforeAll(async () => {
  stand = await openCostStand('2026-10-02T04:00:00Z');
  folder = join(stand.folder, 'bills');
  await mkdir(folder);
  const declared = (name: string, kind: string, settings: Record<string, unknown>) => ({
    ...{ tenant: 'default', name, kind, region: 'default', everyMinutes: 60, settings },
  });
  stand.platform.config.sourceFolders = [folder];
  stand.platform.config.sources = [
    ...fixtures.map(({ source, connector, expected }) => ({
      ...declared(source, connector.kind, expected.settings ?? {}),
      enabled: false,
    })),
    { ...declared('fetched', 'digitalocean-invoice', { store: { type: 'folder', path: folder } }), enabled: true },
  ];
  room = createAnycostRoom(stand.platform, { connectors: cloudConnectors });
  await room.start?.(new AbortController().signal);
  await stand.platform.jobs.start();
});
afterAll(() => stand.close());

async function sums(source: string): Promise<Record<string, Record<string, string>>> {
  const columns = costs.map((cost) => `toString(sum(${cost})) AS ${cost}Sum`).join(', ');
  const sql = `SELECT BillingCurrency, ${columns} FROM fact_cost_usage
    WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String}) GROUP BY BillingCurrency`;
  const { rows } = await stand.stores.warehouse.query<Record<string, string>>(sql, { params: { source } });
  return Object.fromEntries(
    rows.map((row) => [
      row['BillingCurrency'],
      Object.fromEntries(costs.map((cost) => [cost, amountText(new Exact(row[`${cost}Sum`] ?? ''))])),
    ]),
  );
}

const send = (connector: string, source: string, path: string) =>
  room.ingest(createReadStream(path), { ...place, connector, source, fileName: path.slice(path.lastIndexOf('/') + 1) });

describe('in the warehouse stand the sums of the file, also when it is sent twice', () => {
  test.each(fixtures.map((fixture) => [fixture.source, fixture] as const))(
    '%s',
    async (source, { connector, expected, path }) => {
      for (const unchanged of [false, true])
        expect(await send(connector.kind, source, path)).toMatchObject({
          rows: expected.charges,
          quarantined: (expected.quarantined ?? []).length,
          unchanged,
        });
      expect(await sums(source)).toEqual(expected.sums);
    },
  );
});

describe('a folder', () => {
  const invoice = fixtures.find(({ connector }) => connector.kind === 'digitalocean-invoice')!;
  const look = () => room.loops?.find(({ name }) => name === 'anycost-sources')?.run(new AbortController().signal);
  /** What was fetched is loaded by a job. */
  const billed = async (expected: string) => {
    let seen: string | undefined;
    for (let tries = 0; tries < 300 && seen !== expected; tries += 1) {
      await setTimeout(100);
      seen = (await sums('fetched'))['USD']?.['BilledCost'];
    }
    return seen;
  };

  test('is looked into: what is new is loaded, and what changed replaces its month', async () => {
    await look();
    expect(await sums('fetched')).toEqual({});
    await writeFile(join(folder, 'invoice-2026-09.csv'), readFileSync(invoice.path));
    await stand.clock.advance(2 * 60 * 60_000);
    await look();
    expect(await billed('112.81')).toBe('112.81');
    const corrected = readFileSync(invoice.path, 'utf8').replace('$24.00', '$25.00');
    await writeFile(join(folder, 'invoice-2026-09.csv'), corrected);
    await stand.clock.advance(2 * 60 * 60_000);
    await look();
    expect(await billed('113.81')).toBe('113.81');
  });
});

const data = resolve(process.env['AMADEUS_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'));
const real = join(data, 'billing', 'aws_cur_sample.csv');
const present = existsSync(real);

(present ? test : test.skip)(`the public AWS report${present ? '' : ' (skipped: shared/data is absent)'}`, async () => {
  const connector = cloudConnectors.find(({ kind }) => kind === 'aws-cur')!;
  const { records } = readRecords(connector, 'aws_cur_sample.csv', readFileSync(real, 'utf8'));
  expect(await send('aws-cur', 'public', real)).toMatchObject({ rows: 1281, quarantined: 0, periods: ['2023-11'] });
  expect((await sums('public'))['USD']?.['BilledCost']).toBe(billedIn(records, ['lineItem/UnblendedCost']));
});
