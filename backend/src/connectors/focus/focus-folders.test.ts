import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { billCsv } from '../../anycost/fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from '../../anycost/fixtures/cost-stand.ts';
import { openHttpStand, type HttpStand } from '../../anycost/fixtures/http-stand.ts';
import { createAnycostRoom, type AnycostRoom } from '../../anycost/index.ts';
import { createOutgoing, type OutgoingClient } from '../../platform/outgoing/index.ts';
import { s3Loopback } from '../object-store/fixtures/s3-loopback.ts';
import { focusFilesConnector } from './index.ts';

let stand: CostStand;
let room: AnycostRoom;
let http: HttpStand;
let outgoing: OutgoingClient;
let folder: string;
const bucket = s3Loopback();

beforeAll(async () => {
  stand = await openCostStand();
  folder = join(stand.folder, 'exports');
  await mkdir(join(folder, 'billing_period=2024-09'), { recursive: true });
  await mkdir(join(folder, 'billing_period=2024-08'));
  for (const name of ['sources', 'lake']) await mkdir(join(stand.folder, name));
  await symlink(join(stand.folder, 'lake'), join(folder, 'way-out'));
  const url = await bucket.start();
  process.env['SOURCE_TEST_KEY'] = 'AKIAEXAMPLE';
  const declared = (name: string, store: object) => ({
    ...{ tenant: 'default', name, kind: 'focus', region: 'default', everyMinutes: 60, enabled: true },
    settings: { store },
  });
  const { config, telemetry } = stand.platform;
  stand.platform.outgoing = outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry });
  config.sourceFolders = [join(stand.folder, 'exports')];
  config.sources = [
    declared('folder', { type: 'folder', path: folder }),
    declared('inbox', { type: 'folder', path: join(stand.folder, 'sources') }),
    declared('lake', { type: 'folder', path: join(stand.folder, 'lake') }),
    declared('link', { type: 'folder', path: join(folder, 'way-out') }),
    declared('bucket', {
      ...{ type: 's3', bucket: 'bills', endpoint: url },
      ...{ accessKeyId: 'SOURCE_TEST_KEY', secretAccessKey: 'SOURCE_TEST_KEY' },
    }),
  ];
  room = createAnycostRoom(stand.platform, { connectors: [focusFilesConnector] });
  await room.start!(new AbortController().signal);
  http = await openHttpStand(stand.platform, [room]);
  await stand.platform.jobs.start();
});
afterAll(async () => {
  delete process.env['SOURCE_TEST_KEY'];
  await http.close();
  await outgoing.close();
  await bucket.stop();
  await stand.close();
});

/** A turn of every source, an hour after the last one. */
async function turn(): Promise<void> {
  await stand.clock.advance(61 * 60_000);
  await room.loops!.find(({ name }) => name === 'anycost-sources')!.run(new AbortController().signal);
}

const month = (number: string) => ({
  ...{ BillingPeriodStart: `2024-${number}-01T00:00:00Z`, BillingPeriodEnd: `2024-${Number(number) + 1}-01T00:00:00Z` },
  ...{ ChargePeriodStart: `2024-${number}-05T10:00:00Z`, ChargePeriodEnd: `2024-${number}-05T11:00:00Z` },
});
const august = { ...month('08'), BillingPeriodEnd: '2024-09-01T00:00:00Z' };
const september = { ...month('09'), BillingPeriodEnd: '2024-10-01T00:00:00Z' };
const bill = (period: Record<string, string>, ...amounts: string[]) =>
  billCsv(amounts.map((BilledCost) => ({ ...period, BilledCost })));

/** What readers see of a source by month, once it is as expected or does not change any more. */
async function seen(source: string, expected: Record<string, string>): Promise<Record<string, string>> {
  const sql = `
    SELECT x_Period AS period, concat(toString(sum(BilledCost)), ' in ', toString(count())) AS billed FROM fact_cost_usage
    INNER JOIN (SELECT x_DropId, x_Period FROM cost_drop FINAL WHERE x_Source = {source:String}) AS v USING (x_DropId)
    GROUP BY period ORDER BY period`;
  for (let turns = 0; ; turns++) {
    const { rows } = await stand.stores.warehouse.query<{ period: string; billed: string }>(sql, {
      params: { source },
    });
    const found = Object.fromEntries(rows.map(({ period, billed }) => [period, billed]));
    if (JSON.stringify(found) === JSON.stringify(expected) || turns === 300) return found;
    await setTimeout(100);
  }
}

test('two months in a folder are two bills, and a corrected file replaces its month alone', async () => {
  await writeFile(join(folder, 'billing_period=2024-08', 'part-1.csv'), bill(august, '10', '1'));
  await writeFile(join(folder, 'billing_period=2024-09', 'part-1.csv'), bill(september, '5'));
  await writeFile(join(folder, 'billing_period=2024-09', 'part-2.csv'), bill(september, '7'));
  await turn();
  const first = { '2024-08': '11 in 2', '2024-09': '12 in 2' };
  expect(await seen('folder', first)).toEqual(first);
  await writeFile(join(folder, 'billing_period=2024-09', 'part-2.csv'), bill(september, '70', '-1'));
  await turn();
  const second = { '2024-08': '11 in 2', '2024-09': '74 in 3' };
  expect(await seen('folder', second)).toEqual(second);
});

test('a bucket is read the same way', async () => {
  bucket.put('focus/billing_period=2024-08/a.csv', bill(august, '3'));
  bucket.put('focus/billing_period=2024-09/a.csv', bill(september, '4'));
  await turn();
  const first = { '2024-08': '3 in 1', '2024-09': '4 in 1' };
  expect(await seen('bucket', first)).toEqual(first);
  bucket.put('focus/billing_period=2024-09/a.csv', bill(september, '4.5'));
  await turn();
  const second = { '2024-08': '3 in 1', '2024-09': '4.5 in 1' };
  expect(await seen('bucket', second)).toEqual(second);
});

test('the folder `sources` of the data directory needs no setting', async () => {
  await writeFile(join(stand.folder, 'sources', 'bill-2024-09.csv'), bill(september, '9'));
  await turn();
  expect(await seen('inbox', { '2024-09': '9 in 1' })).toEqual({ '2024-09': '9 in 1' });
});

test('no other folder is read, by a link neither, and the source says which setting opens it', async () => {
  await turn();
  for (const name of ['lake', 'link']) {
    const { body } = await http.send('GET', `/api/sources/${name}`);
    expect(body).toMatchObject({ health: 'failing', lastError: expect.stringMatching(/`sourceFolders` lists/) });
    expect((await http.send('POST', `/api/sources/${name}/test`, { payload: {} })).body).toMatchObject({
      ...{ ok: false, help: expect.stringMatching(/sourceFolders in the configuration/) },
    });
  }
});
