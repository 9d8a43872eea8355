import { describe, expect, test } from '@jest/globals';
import { focusColumnNames, focusColumns, parseHeader, type Header } from './focus-columns.ts';
import { mapRow, type MappedRow } from './focus-row.ts';

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

function headerOf(names: readonly string[]): Header {
  const parsed = parseHeader(names);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.header;
}

function map(changes: Record<string, string>): MappedRow {
  const record = { ...good, ...changes };
  return mapRow(Object.values(record), headerOf(Object.keys(record)));
}

function loaded(changes: Record<string, string> = {}) {
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
  test('the 21 mandatory columns of FOCUS 1.0 and 1.2 are asked for', () => {
    const mandatory = focusColumnNames.filter((name) => 'mandatory' in focusColumns[name]);
    expect(mandatory).toHaveLength(21);
  });

  test('missing mandatory columns are named', () => {
    const names = Object.keys(good).filter((name) => name !== 'BilledCost' && name !== 'ServiceName');
    expect(parseHeader(names)).toEqual({
      ok: false,
      reason:
        'The mandatory FOCUS columns BilledCost, ServiceName are missing. Export the file again with them; nothing was kept.',
    });
  });

  test('optional columns may be missing, extra ones are remembered by name', () => {
    const header = headerOf([...Object.keys(good).filter((name) => name !== 'Tags'), 'x_Discount']);
    expect(header.tags).toBeUndefined();
    expect(header.unknown.map((column) => column.name)).toEqual(['x_Discount']);
  });

  test('order, case and blanks do not matter; a column that stands twice does', () => {
    const names = Object.keys(good).reverse();
    expect(parseHeader(names.map((name) => ` ${name.toLowerCase()} `)).ok).toBe(true);
    expect(parseHeader([...names, 'billedcost'])).toMatchObject({
      ok: false,
      reason: expect.stringContaining('billedcost'),
    });
  });

  test('the provider may stand under its FOCUS 1.3 name', () => {
    const names = Object.keys(good).map((name) => (name === 'ProviderName' ? 'ServiceProviderName' : name));
    expect(parseHeader(names).ok).toBe(true);
  });
});

describe('a row', () => {
  test('is mapped under FOCUS names with exact amounts', () => {
    const { row, period, currency, flags } = loaded({ Extra: 'kept', ListUnitPrice: 'NULL' });
    expect(row).toMatchObject({ BilledCost: '1.5', ChargeClass: '', ListUnitPrice: null, x_Team: 'search' });
    expect(row.x_Unknown).toEqual({ Extra: 'kept' });
    expect([period, currency, flags]).toEqual(['2024-09', 'USD', []]);
  });

  test('a credit is negative and fine', () => {
    expect(loaded({ BilledCost: '-12.5', ChargeCategory: 'Credit' }).row.BilledCost).toBe('-12.5');
  });

  test('a number of 30 digits is exact', () => {
    const digits = '123456789012345678901234567890';
    expect(loaded({ BilledCost: digits, ListCost: `0.${digits.slice(0, 29)}1` }).row).toMatchObject({
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
    const { row, flags } = loaded({ ContractedCost: 'NULL' });
    expect(row.ContractedCost).toBe('0');
    expect(flags).toEqual([{ column: 'ContractedCost', reason: 'ContractedCost is empty; counted as 0' }]);
  });

  test('broken tags are kept as text, flagged, and the cost still counts', () => {
    const { row, flags } = loaded({ Tags: '{"password":"hunter2"' });
    expect([row.Tags, row.x_Unknown['Tags'], row.BilledCost]).toEqual([{}, '{"password":"hunter2"', '1.5']);
    expect(JSON.stringify(flags)).not.toContain('hunter2');
    expect(flags).toHaveLength(1);
  });

  test('a line with too few or too many fields is refused', () => {
    const header = headerOf(Object.keys(good));
    expect(mapRow(['1'], header)).toMatchObject({ ok: false });
    expect(mapRow([...Object.values(good), 'more'], header)).toMatchObject({ ok: false });
  });

  test('a team that the file states itself outranks the tags', () => {
    expect(loaded({ x_Team: 'ads' }).row.x_Team).toBe('ads');
    expect(loaded({ x_Team: '' }).row.x_Team).toBe('search');
  });

  test('texts that are SQL or formulas stay what they are', () => {
    const texts = { ServiceName: "'); DROP TABLE fact_cost_usage; --", ChargeDescription: '=HYPERLINK("http://x")' };
    expect(loaded(texts).row).toMatchObject(texts);
  });
});
