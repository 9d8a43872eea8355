import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { billCsv, billPath, dataFolder, hasData } from './fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from './fixtures/cost-stand.ts';
import { createAnycostRoom, type AnycostRoom, type RowRules } from './index.ts';
import { plainRules } from './plain-rules.ts';

let stand: CostStand;
let room: AnycostRoom;
/** Rules that do not tell what they read: every row then goes through the mapper. */
const { reads: _, ...oneByOne }: RowRules = plainRules;
let rules: RowRules = plainRules;

beforeAll(async () => {
  stand = await openCostStand();
  room = createAnycostRoom(stand.platform, { rules: async () => rules });
});
afterAll(() => stand.close());

/** Every column of every row of a source but the id of the drop and the source's own name, in the order of the lines. */
async function rowsOf(source: string): Promise<object[]> {
  const sql = `
    SELECT * EXCEPT (x_DropId, x_Source), x_GroupKey != 0 AS grouped FROM fact_cost_usage
    WHERE x_Source = {source:String} AND x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = {source:String})
    ORDER BY x_SourceFile, x_SourceLine`;
  const { rows } = await stand.stores.warehouse.query<{ x_SourceFile: string }>(sql, { params: { source } });
  return rows.map((row) => ({ ...row }));
}

async function bothWays(name: string, path: string): Promise<{ plain: object[]; mapped: object[] }> {
  rules = plainRules;
  await room.ingestFocusFile(path, { source: `${name}-plain` });
  rules = oneByOne;
  await room.ingestFocusFile(path, { source: `${name}-mapped` });
  return { plain: await rowsOf(`${name}-plain`), mapped: await rowsOf(`${name}-mapped`) };
}

describe('rows that the engine maps and rows that go through the mapper are the same', () => {
  test('whatever is odd about them', async () => {
    const { plain, mapped } = await bothWays(
      'odd',
      await stand.file(
        'odd.csv',
        billCsv([
          {},
          { BilledCost: '1e-7', ListCost: ' 12 ', EffectiveCost: '+3', ContractedCost: '.5' },
          { BilledCost: '-0', ListCost: '007', EffectiveCost: '1.500', ContractedCost: '0.000' },
          { BilledCost: '123456789012345678901234567890', ListCost: '0.123456789012345678901234567891' },
          { EffectiveCost: 'NULL' },
          { ListUnitPrice: 'null', PricingQuantity: '', ChargeClass: 'NULL' },
          { BillingCurrency: 'eur' },
          { PricingCurrency: ' CREDITS ', PricingUnit: '10K' },
          { ChargePeriodStart: '2024-09-05 10:00:00', ChargePeriodEnd: '2024-09-05T11:00:00.123Z' },
          { ChargePeriodStart: '2024-09-05T12:00:00+02:00', ChargePeriodEnd: '2024-09-06' },
          { BillingPeriodStart: '2024-08-01T00:00:00Z' },
          { Tags: '{"team":"a\\"b","user:Cost-Center":"cc","n":1,"deep":{"x":[1,2]},"empty":null}' },
          { Tags: '{"broken' },
          { Tags: '[1]' },
          { Tags: '' },
          { x_Team: 'stated', Tags: '{"team":"other","env":"prod"}' },
          { ServiceProviderName: 'Snowflake', HostProviderName: 'AWS', AllocatedTags: '{"a":"b"}' },
          { x_InputTokens: '18446744073709551615', x_GpuHours: '0.333333333333333333', Unheard: 'of' },
          { ChargeDescription: 'two\nlines, "quoted" \\ and \'more\'\t한국어 😀' },
          { BilledCost: 'much' },
          { ChargePeriodStart: '2024-02-30T00:00:00Z' },
        ]),
      ),
    );
    expect(plain).toHaveLength(19);
    expect(plain).toEqual(mapped);
  });

  const bills = hasData
    ? readdirSync(`${dataFolder}/billing`).filter((name) => /_1_2_|focus_1_0/.test(name))
    : ['(no data)'];
  (hasData ? test : test.skip).each(bills)('in %s', async (name) => {
    const { plain, mapped } = await bothWays(name.replace('.csv', ''), billPath(name));
    expect(plain.length).toBeGreaterThan(20);
    expect(plain).toEqual(mapped);
  });
});
