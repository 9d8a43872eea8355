import { describe, expect, test } from '@jest/globals';
import { chargeRow, type ChargeRow, type LoadableRow } from './charge-row.ts';
import { focusConnector } from './focus-connector.ts';
import { mandatoryColumns, parseHeader } from './focus-columns.ts';
import { plainRules } from './plain-rules.ts';

const good: Record<string, string> = {
  BilledCost: '1.50',
  EffectiveCost: '1.25',
  ListCost: '2',
  ContractedCost: '1.75',
  BillingCurrency: 'USD',
  PricingQuantity: '3',
  PricingUnit: 'Hours',
  BillingAccountId: '1',
  BillingAccountName: 'one',
  ChargeClass: 'NULL',
  BillingPeriodStart: '2024-09-01T00:00:00Z',
  BillingPeriodEnd: '2024-10-01T00:00:00Z',
  ChargePeriodStart: '2024-09-05T10:00:00Z',
  ChargePeriodEnd: '2024-09-05T11:00:00Z',
  ProviderName: 'AWS',
  PublisherName: 'AWS',
  InvoiceIssuerName: 'AWS',
  ChargeCategory: 'Usage',
  ChargeDescription: 'a thing',
  ServiceCategory: 'Compute',
  ServiceName: 'EC2',
  Tags: '{"team":"search"}',
};

const source = { name: 'aws', kind: 'focus', region: 'default', settings: {} };

function map(changes: Record<string, string>, value?: unknown): ChargeRow {
  const fields = { ...good, ...changes };
  const mapper = focusConnector.map({ fileName: 'bill.csv', source, fields: Object.keys(fields) });
  const [mapped] = mapper.map({ line: 2, fields, ...(value === undefined ? {} : { value }) });
  if (mapped?.kind !== 'charge') throw new Error('is no charge');
  const row = chargeRow(mapped.charge, 'aws', plainRules);
  return row.ok ? { ...row, flags: [...(mapped.flags ?? []), ...row.flags] } : row;
}

function loaded(changes: Record<string, string> = {}): LoadableRow {
  const mapped = map(changes);
  if (!mapped.ok) throw new Error(JSON.stringify(mapped.findings));
  return mapped;
}

function refused(changes: Record<string, string>) {
  const mapped = map(changes);
  if (mapped.ok) throw new Error('was loaded');
  return mapped.findings;
}

describe('a header', () => {
  test('the 21 mandatory columns of FOCUS 1.0 to 1.4 are asked for', () => {
    expect(mandatoryColumns).toHaveLength(21);
  });

  test('missing mandatory columns are named', () => {
    const names = Object.keys(good).filter((name) => name !== 'BilledCost' && name !== 'ServiceName');
    expect(parseHeader(names)).toEqual({
      ok: false,
      reason:
        'The mandatory FOCUS columns BilledCost, ServiceName are missing. Export the file again with them; nothing was kept.',
    });
  });

  test('optional columns may be missing, extra ones keep their names', () => {
    const names = [...Object.keys(good).filter((name) => name !== 'Tags'), 'x_Discount', ''];
    expect(parseHeader(names)).toMatchObject({ ok: true, names: [...names.slice(0, -1), 'column 23'] });
  });

  test('order, case and blanks do not matter; a column that stands twice does', () => {
    const names = Object.keys(good).reverse();
    expect(parseHeader(names.map((name) => ` ${name.toLowerCase()} `)).ok).toBe(true);
    expect(parseHeader([...names, 'billedcost'])).toMatchObject({
      ok: false,
      reason: expect.stringContaining('billedcost'),
    });
  });

  test('provider and publisher may stand under the names of FOCUS 1.3, which 1.4 alone has', () => {
    const renamed: Record<string, string> = { ProviderName: 'ServiceProviderName', PublisherName: 'HostProviderName' };
    expect(parseHeader(Object.keys(good).map((name) => renamed[name] ?? name)).ok).toBe(true);
    expect(parseHeader(Object.keys(good).filter((name) => name !== 'ProviderName'))).toMatchObject({
      reason: expect.stringContaining('ServiceProviderName or ProviderName'),
    });
  });
});

describe('a row', () => {
  test('is mapped under FOCUS names with exact amounts', () => {
    const { values, period, currency, flags } = loaded({ Extra: 'kept', ListUnitPrice: 'NULL' });
    expect(values).toMatchObject({ BilledCost: '1.5', ChargeClass: '', ListUnitPrice: null, x_Team: 'search' });
    expect(values['x_TagSource']).toEqual({ x_Team: 'tag' });
    expect(values['x_Unknown']).toEqual({ Extra: 'kept' });
    expect([period, currency, flags]).toEqual(['2024-09', 'USD', []]);
  });

  test('a credit is negative and fine', () => {
    expect(loaded({ BilledCost: '-12.5', ChargeCategory: 'Credit' }).values['BilledCost']).toBe('-12.5');
  });

  test('a number of 30 digits is exact', () => {
    const digits = '123456789012345678901234567890';
    expect(loaded({ BilledCost: digits, ListCost: `0.${digits.slice(0, 29)}1` }).values).toMatchObject({
      BilledCost: digits,
      ListCost: `0.${digits.slice(0, 29)}1`,
    });
  });

  test('what cannot be kept exactly is refused with its column', () => {
    expect(refused({ BilledCost: `1${'0'.repeat(46)}` })[0]).toMatchObject({ column: 'BilledCost' });
    expect(refused({ ConsumedQuantity: '1,000' })[0]).toMatchObject({ column: 'ConsumedQuantity' });
    expect(refused({ BilledCost: '' })).toEqual([{ column: 'BilledCost', reason: 'BilledCost is empty' }]);
  });

  test('dates outside of the range, days that do not exist and periods that end before they begin are refused', () => {
    expect(refused({ ChargePeriodEnd: '9999-12-31T00:00:00Z' })[0]?.reason).toMatch(/1970-01-01 to 2106/);
    expect(refused({ BillingPeriodStart: '1969-01-01' })[0]?.column).toBe('BillingPeriodStart');
    expect(refused({ ChargePeriodEnd: '2024-09-05T09:00:00Z' })[0]?.reason).toMatch(/before ChargePeriodStart/);
  });

  test.each(['', 'NULL', 'ZZQ', 'dollars', '$'])('the billing currency %p is refused', (currency) => {
    expect(refused({ BillingCurrency: currency })[0]?.column).toBe('BillingCurrency');
  });

  test('costs other than the billed one count as zero where they are empty, with a flag', () => {
    const { values, flags } = loaded({ ContractedCost: 'NULL' });
    expect(values['ContractedCost']).toBe('0');
    expect(flags).toEqual([{ column: 'ContractedCost', reason: 'ContractedCost is empty; counted as 0' }]);
  });

  test('broken tags are kept as text, flagged, and the cost still counts', () => {
    const { values, flags } = loaded({ Tags: '{"password":"hunter2"' });
    expect([values['Tags'], values['x_Unknown'], values['BilledCost']]).toEqual([
      {},
      { Tags: '{"password":"hunter2"' },
      '1.5',
    ]);
    expect(JSON.stringify(flags)).not.toContain('hunter2');
    expect(flags).toHaveLength(1);
  });

  test.each(['12', 'N/A', 'unknown', '{"a":1}', '-', 'a\nb'])('the unit %p is refused', (unit) => {
    expect(refused({ PricingUnit: unit })).toEqual([
      { column: 'PricingUnit', reason: 'PricingUnit is no unit of measure' },
    ]);
  });

  test.each(['GB-Months', '10K', '1 Hour', 'GiB/Second-Months', 'OCPU Per Hour', '토큰'])(
    'the unit %p is kept',
    (unit) => {
      expect(loaded({ PricingUnit: unit }).values['PricingUnit']).toBe(unit);
    },
  );

  test('of FOCUS 1.4 fills the columns that 1.4 added, and the former names beside the present ones', () => {
    const { values } = loaded({
      ...{ ProviderName: '', PublisherName: '', ServiceProviderName: 'Databricks', HostProviderName: 'AWS' },
      ...{ AllocatedTags: '{"team":"ads"}', InvoiceDetailId: 'i-7', PricingCurrencyEffectiveCost: '3.50' },
    });
    expect(values).toMatchObject({
      ...{
        ServiceProviderName: 'Databricks',
        ProviderName: 'Databricks',
        HostProviderName: 'AWS',
        PublisherName: 'AWS',
      },
      ...{ AllocatedTags: { team: 'ads' }, InvoiceDetailId: 'i-7', PricingCurrencyEffectiveCost: '3.5' },
    });
  });

  test('of JSON may hold tags and details as objects', () => {
    const mapped = map({ 'Tags.team': 'ads', Tags: '' }, { Tags: { team: 'ads' }, SkuPriceDetails: { CoreCount: 2 } });
    if (!mapped.ok) throw new Error('was refused');
    expect(mapped.values).toMatchObject({ Tags: { team: 'ads' }, SkuPriceDetails: '{"CoreCount":2}', x_Unknown: {} });
  });

  test('a team that the file states itself outranks the tags', () => {
    expect(loaded({ x_Team: 'ads' }).values['x_Team']).toBe('ads');
    expect(loaded({ x_Team: '' }).values['x_Team']).toBe('search');
  });

  test('texts that are SQL or formulas stay what they are', () => {
    const texts = { ServiceName: "'); DROP TABLE fact_cost_usage; --", ChargeDescription: '=HYPERLINK("http://x")' };
    expect(loaded(texts).values).toMatchObject(texts);
  });
});
