import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReadStream, readdirSync } from 'node:fs';
import { csvRecords } from './csv-records.ts';
import { billPath, dataFolder, hasData, sumsOfFile } from './fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { createAnycostRoom, type AnycostRoom } from './index.ts';

const bills = hasData
  ? readdirSync(`${dataFolder}/billing`).filter((name) => /_1_2_|focus_1_0/.test(name))
  : ['(skipped: the public data is absent)'];

(hasData ? describe : describe.skip)('a bill that comes again, as it was or shuffled', () => {
  let stand: CostStand;
  let room: AnycostRoom;

  beforeAll(async () => {
    stand = await openCostStand();
    room = createAnycostRoom(stand.platform);
  });
  afterAll(() => stand.close());

  /** What readers see of a source but the line of each row, in an order that does not depend on it. */
  async function seen(source: string): Promise<string> {
    const sql = `SELECT * EXCEPT (x_DropId, x_SourceLine, x_SourceFile) FROM fact_cost_usage
      WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String}) ORDER BY ALL`;
    const chunks: Buffer[] = [];
    const bytes = await stand.stores.warehouse.exportRaw(sql, 'TSV', { params: { source } });
    for await (const chunk of bytes as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  async function billed(source: string): Promise<string> {
    const sql = `SELECT toString(sum(BilledCost)) AS billed FROM cost_daily
      WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String})`;
    return (await stand.stores.warehouse.query<{ billed: string }>(sql, { params: { source } })).rows[0]!.billed;
  }

  async function shuffled(path: string): Promise<string> {
    const lines: string[] = [];
    for await (const { fields } of csvRecords(createReadStream(path), false))
      lines.push(fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(','));
    const [header, ...rows] = lines;
    return [header, ...rows.sort((one, other) => (one.slice(40) < other.slice(40) ? -1 : 1))].join('\r\n');
  }

  test.each(bills)('%s', async (name) => {
    const source = name.replace('.csv', '');
    await room.ingestFocusFile(billPath(name), { source });
    const before = await seen(source);
    expect(await billed(source)).toBe((await sumsOfFile(billPath(name), 'ServiceName')).get('')![0]);
    expect(await room.ingestFocusFile(billPath(name), { source })).toMatchObject({ unchanged: true });
    expect(await seen(source)).toBe(before);
    const again = await stand.file(name, await shuffled(billPath(name)));
    expect(await room.ingestFocusFile(again, { source })).toMatchObject({ unchanged: false, quarantined: 0 });
    expect(await seen(source)).toBe(before);
  });
});
