import { describe, expect, test } from '@jest/globals';
import { Exact, amountText, readAmount, sum } from './exact-amount.ts';
import { FieldNames } from './field-names.ts';
import { americanOrIsoDay, billingMonth, isoInstant, monthStart, plusSeconds } from './instants.ts';
import { RecordReader } from './record-reader.ts';
import { serviceCategoryOf } from './service-category.ts';

describe('amounts', () => {
  const longest = `${'9'.repeat(46)}.${'0'.repeat(29)}1`;

  test.each([
    ['5.2E-9', '0.0000000052'],
    ['-0.0', '0'],
    ['+1.50', '1.5'],
    ['.5', '0.5'],
    [longest, longest],
  ])('%s is %s', (text, plain) => {
    const read = readAmount(text);
    expect(read.ok && amountText(read.value)).toBe(plain);
  });

  test.each(['', 'NaN', '0x10', '1,5', '$1', 'Infinity', '1e-31', '1e46', '1e999', '1_0'])('%j is none', (text) => {
    expect(readAmount(text).ok).toBe(false);
  });

  test('sums lose no digit', () => {
    expect(amountText(sum(new Exact('9'.repeat(46)), new Exact('1e-30'), undefined))).toBe(longest);
    expect(amountText(new Exact('0.1').plus('0.2'))).toBe('0.3');
  });
});

describe('instants', () => {
  test.each([
    ['2026-09-01 07:00:00 UTC', '2026-09-01T07:00:00Z'],
    ['2026-09-01T00:00Z', '2026-09-01T00:00:00Z'],
    ['2026-09-01T00:00:00.123+09:00', '2026-08-31T15:00:00Z'],
    ['2026-09-01 00:00:00 +0000', '2026-09-01T00:00:00Z'],
    ['2026-02-29', undefined],
    ['2026-09-01T24:00:00Z', undefined],
    ['1969-12-31', undefined],
    ['yesterday', undefined],
  ])('%s', (text, at) => expect(isoInstant(text)).toBe(at));

  test('American days, months and their ends', () => {
    expect(americanOrIsoDay('9/1/2026')).toBe('2026-09-01T00:00:00Z');
    expect(americanOrIsoDay('31/09/2026')).toBeUndefined();
    expect(monthStart('202612')).toBe('2026-12-01T00:00:00Z');
    expect(monthStart('202613')).toBeUndefined();
    expect(billingMonth('2026-12-31T23:59:59Z')).toEqual({
      start: '2026-12-01T00:00:00Z',
      end: '2027-01-01T00:00:00Z',
    });
    expect(plusSeconds('2026-12-31T23:59:59Z', 1)).toBe('2027-01-01T00:00:00Z');
  });
});

describe('records', () => {
  test('fields of one key are all kept, and none lands in a column that means something here', () => {
    const reader = new RecordReader({ Model: 'a', 'tags/Team': 'x', 'tags/team': 'y' }, new FieldNames());
    expect(Object.fromEntries(reader.leftOver())).toEqual({ x_FieldModel: 'a', x_TagsTeam: 'x', x_TagsTeam2: 'y' });
  });

  test('what is refused is told by its name alone', () => {
    const reader = new RecordReader({ cost: 'a secret', at: 'another' }, new FieldNames());
    reader.neededAmount('cost');
    reader.neededInstant(['at']);
    reader.neededAmount('more');
    expect(reader.findings.map(({ column }) => column)).toEqual(['cost', 'at', 'more']);
    expect(JSON.stringify(reader.findings)).not.toMatch(/secret|another/);
  });
});

test.each([
  ['Amazon Simple Storage Service', 'Storage'],
  ['Amazon Elastic Compute Cloud', 'Compute'],
  ['AWS Key Management Service', 'Security'],
  ['Amazon Bedrock', 'AI and Machine Learning'],
  ['Vertex AI', 'AI and Machine Learning'],
  ['BigQuery', 'Analytics'],
  ['Cloud SQL', 'Databases'],
  ['Azure OpenAI', 'AI and Machine Learning'],
  ['Virtual Machines', 'Compute'],
  ['Virtual Network', 'Networking'],
  ['AWS Data Transfer', 'Networking'],
  ['Unheard of', 'Other'],
])('%s is %s', (service, category) => expect(serviceCategoryOf(service)).toBe(category));
