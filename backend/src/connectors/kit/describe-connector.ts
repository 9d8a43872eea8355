import { describe, expect, test } from '@jest/globals';
import type { Connector, RawRecord } from '../../anycost/index.ts';
import { brokenRules } from './charge-rules.ts';
import { readFixtures, type Fixture } from './fixture-reader.ts';
import { billedIn, chargesOf, findingsOf, mapAll, sumsOf, type MappedLine } from './map-fixture.ts';
import { seededNumbers, shuffled } from './seeded-order.ts';

const sentinel = 'AKIA-not-for-anyone-4711';
const garbage = [
  '',
  'NaN',
  'Infinity',
  '0x10',
  '1e999',
  '9'.repeat(80),
  '-',
  '{"a":',
  '2026-02-31',
  '__proto__',
  '"',
  '\u0000',
  '한국어',
  sentinel,
];
const fuzzRounds = 300;

/**
 * Tests of a connector against the fixtures in its folder (`fixtures/<name>` with `<name>.expected.json` beside it). Call it
 * from the connector's test with `import.meta.dirname`.
 */
export function describeConnector(connector: Connector, folder: string): void {
  const fixtures = readFixtures(connector, folder);
  describe(connector.title, () => {
    test('has a kind, a title and fixtures', () => {
      expect(connector.kind).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(connector.title).not.toBe('');
      expect(fixtures.length).toBeGreaterThan(0);
    });
    for (const fixture of fixtures) describe(fixture.name, () => describeFixture(connector, fixture));
  });
}

function describeFixture(connector: Connector, fixture: Fixture): void {
  const map = (records: readonly RawRecord[] = fixture.records) =>
    mapAll(connector, fixture, records, fixture.expected.settings);
  const { expected } = fixture;

  test('every record becomes charges or is quarantined with a reason', () => {
    const lines = map();
    expect(fixture.records).toHaveLength(expected.records);
    const silent = fixture.records.filter((record) => !lines.some(({ line }) => line === record.line));
    expect(silent).toHaveLength(expected.skipped ?? 0);
    expect(chargesOf(lines)).toHaveLength(expected.charges);
    expect(quarantined(lines)).toEqual(expected.quarantined ?? []);
    for (const { mapped } of lines)
      if (mapped.kind === 'quarantined') expect(mapped.findings.map(({ reason }) => reason)).not.toContain('');
  });

  test('the sums are those of the file, to the last digit', () => {
    const lines = map();
    const refused = new Set(quarantined(lines).map(({ line }) => line));
    const counted = fixture.records.filter(({ line }) => !refused.has(line));
    const sums = sumsOf(chargesOf(lines));
    expect(sums).toEqual(expected.sums);
    const currencies = Object.keys(sums);
    if (currencies.length === 1)
      expect(sums[currencies[0]!]![expected.billedBy ?? 'BilledCost']).toBe(billedIn(counted, expected.billed));
  });

  test('every charge is one that FOCUS allows: mandatory columns, exact decimals, currencies, instants in UTC', () => {
    for (const { line, charge } of chargesOf(map()))
      expect({ line, broken: brokenRules(charge) }).toEqual({ line, broken: [] });
  });

  test('single charges are as expected', () => {
    const charges = chargesOf(map());
    for (const { line, charge: at = 0, columns } of expected.rows ?? []) {
      const found = charges.filter((candidate) => candidate.line === line)[at]?.charge;
      const flat = { ...found?.columns, ...prefixed(found?.tags ?? {}) };
      const seen = Object.fromEntries(Object.keys(columns).map((column) => [column, flat[column] ?? null]));
      expect({ line, at, seen }).toEqual({ line, at, seen: columns });
    }
  });

  test('another order of the records changes no row and no sum', () => {
    const rows = (lines: readonly MappedLine[]) => lines.map((line) => JSON.stringify(line)).sort();
    const inOrder = map();
    for (const seed of [1, 2, 3]) {
      const other = map(shuffled(fixture.records, seed));
      expect(rows(other)).toEqual(rows(inOrder));
      expect(sumsOf(chargesOf(other))).toEqual(sumsOf(chargesOf(inOrder)));
    }
  });

  test('no field is dropped: without it, or with another text, the charges would be others', () => {
    const silent = fieldNames(fixture.records).filter((name) => !leavesATrace(map, fixture.records, name));
    expect(silent.filter((name) => expected.ignored?.[name] === undefined)).toEqual([]);
  });

  test('a field that nobody has heard of is kept', () => {
    for (const record of fixture.records) {
      const lines = map([{ ...record, fields: { ...record.fields, 'vendor/Unheard Of': sentinel } }]);
      const kept = lines.some(
        ({ mapped }) => mapped.kind === 'quarantined' || JSON.stringify(mapped).includes(sentinel),
      );
      if (lines.length > 0) expect({ line: record.line, kept }).toEqual({ line: record.line, kept: true });
    }
  });

  test('no text of a field stands in a finding', () => {
    for (const record of fixture.records)
      for (const name of Object.keys(record.fields))
        for (const { mapped } of map([{ line: record.line, fields: { ...record.fields, [name]: sentinel } }]))
          expect(JSON.stringify(findingsOf(mapped))).not.toContain(sentinel);
  });

  test('garbled and missing fields never throw, and no charge that comes of them breaks a rule', () => {
    const next = seededNumbers(20260901);
    for (let round = 0; round < fuzzRounds; round += 1) {
      const record = garbled(fixture.records[Math.floor(next() * fixture.records.length)]!, next);
      const lines = map([record]);
      for (const { charge } of chargesOf(lines)) expect(brokenRules(charge)).toEqual([]);
      if (lines.length === 0) expect(expected.skipped ?? 0).toBeGreaterThan(0);
    }
  });
}

function quarantined(lines: readonly MappedLine[]): { line: number; columns: string[] }[] {
  return lines.flatMap(({ line, mapped }) =>
    mapped.kind === 'quarantined' ? [{ line, columns: mapped.findings.map(({ column }) => column) }] : [],
  );
}

function prefixed(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [`Tags.${name}`, value]));
}

function fieldNames(records: readonly RawRecord[]): string[] {
  return [...new Set(records.flatMap(({ fields }) => Object.keys(fields)))];
}

/**
 * Whether some record that has the field gives other charges without it, or with another text in it. Files where it is always
 * empty say nothing.
 */
function leavesATrace(
  map: (records: readonly RawRecord[]) => MappedLine[],
  records: readonly RawRecord[],
  name: string,
): boolean {
  const having = records.filter(({ fields }) => (fields[name] ?? '').trim() !== '');
  return (
    having.length === 0 ||
    having.some(({ line, fields }) => {
      const { [name]: _, ...rest } = fields;
      const made = (others: RawRecord['fields']) => JSON.stringify(map([{ line, fields: others }]));
      const asItIs = made(fields);
      return asItIs !== made(rest) || asItIs !== made({ ...fields, [name]: sentinel });
    })
  );
}

function garbled(record: RawRecord, next: () => number): RawRecord {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(record.fields)) {
    const luck = next();
    if (luck < 0.1) continue;
    fields[name] = luck < 0.25 ? (garbage[Math.floor(next() * garbage.length)] ?? '') : value;
  }
  return { line: record.line, fields };
}
