import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { RawFields } from '../../anycost/index.ts';
import { describeConnector } from '../kit/describe-connector.ts';
import { readRecords } from '../kit/fixture-reader.ts';
import { brokenRules } from '../kit/charge-rules.ts';
import { billedIn, chargesOf, mapAll, sumsOf } from '../kit/map-fixture.ts';
import { Exact, amountText } from '../mapping/exact-amount.ts';
import { awsCurConnector } from './index.ts';

describeConnector(awsCurConnector, import.meta.dirname);

const data = resolve(process.env['AMADEUS_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data'));
const real = join(data, 'billing', 'aws_cur_sample.csv');
const present = existsSync(real);
const when = present ? describe : describe.skip;

when(`the public report${present ? '' : ' (skipped: shared/data is absent)'}`, () => {
  const file = {
    name: 'aws_cur_sample.csv',
    ...readRecords(awsCurConnector, 'aws_cur_sample.csv', present ? readFileSync(real, 'utf8') : ''),
  };

  test('all 1,281 lines become charges whose sum is that of the file', () => {
    expect(file.records).toHaveLength(1281);
    const charges = chargesOf(mapAll(awsCurConnector, file, file.records));
    expect(charges).toHaveLength(1281);
    expect(sumsOf(charges)['USD']?.['BilledCost']).toBe(billedIn(file.records, ['lineItem/UnblendedCost']));
    expect(charges.flatMap(({ charge }) => brokenRules(charge))).toEqual([]);
  });

  test('so is each service, and the list price', () => {
    const charges = chargesOf(mapAll(awsCurConnector, file, file.records));
    const totals = (entries: readonly (readonly [string, string])[]) => {
      const sums = new Map<string, Exact>();
      for (const [name, amount] of entries) sums.set(name, (sums.get(name) ?? new Exact(0)).plus(amount));
      return Object.fromEntries([...sums].map(([name, sum]) => [name, amountText(sum)]));
    };
    expect(totals(charges.map(({ charge: { columns } }) => [columns['ServiceName']!, columns['BilledCost']!]))).toEqual(
      totals(file.records.map(({ fields }) => [fields['product/ProductName']!, fields['lineItem/UnblendedCost']!])),
    );
    const isUsage = (fields: RawFields) => fields['lineItem/LineItemType'] === 'Usage';
    const listed = (fields: RawFields) =>
      (isUsage(fields) && fields['pricing/publicOnDemandCost']) || fields['lineItem/UnblendedCost'] || '0';
    expect(totals(charges.map(({ charge: { columns } }) => ['list', columns['ListCost']!]))).toEqual(
      totals(file.records.map(({ fields }) => ['list', listed(fields)])),
    );
  });
});
