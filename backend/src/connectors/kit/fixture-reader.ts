import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connector, RawRecord } from '../../anycost/index.ts';

/** What is expected of a fixture; stands beside it as `<name>.expected.json`. */
export interface Expected {
  /** Settings of the source; default none. */
  settings?: Record<string, unknown>;
  /** Records of the file, and those of them that no charge comes from (headings, footers). */
  records: number;
  skipped?: number;
  charges: number;
  /** Lines that must be quarantined, and the fields that their findings name. */
  quarantined?: { line: number; columns: string[] }[];
  /**
   * Fields (`*` for any part of a name) whose amounts add up to the bill. The kit adds them up itself, from the text of the
   * file, over the records that were not quarantined.
   */
  billed: string[];
  /** Which cost of the charges that sum is; BilledCost unless the file tells amortised costs. */
  billedBy?: 'BilledCost' | 'EffectiveCost';
  /** Sum per currency and column, to the last digit. */
  sums: Record<string, Record<string, string>>;
  /** Columns (`Tags.<name>` too) of single charges: the n-th charge (from 0, default 0) of a line. */
  rows?: { line: number; charge?: number; columns: Record<string, string | null> }[];
  /** Fields that may change without any effect, each with the reason. */
  ignored?: Record<string, string>;
}

export interface Fixture {
  name: string;
  header: readonly string[] | undefined;
  records: RawRecord[];
  expected: Expected;
}

/** The fixtures of a connector's folder, each with what is expected of it. @throws Error where one has no expectation */
export function readFixtures(connector: Connector, folder: string): Fixture[] {
  const names = readdirSync(join(folder, 'fixtures')).sort();
  return names
    .filter((name) => !name.endsWith('.expected.json'))
    .map((name) => {
      const text = readFileSync(join(folder, 'fixtures', name), 'utf8');
      const expected = JSON.parse(readFileSync(join(folder, 'fixtures', `${name}.expected.json`), 'utf8')) as Expected;
      return { name, expected, ...readRecords(connector, name, text) };
    });
}

/** The records of a text as the service hands them to a mapper. */
export function readRecords(
  connector: Connector,
  name: string,
  text: string,
): { header: readonly string[] | undefined; records: RawRecord[] } {
  if (/\.(?:ndjson|jsonl)$/.test(name)) {
    const lines = text
      .split('\n')
      .flatMap((line, index) => (line.trim() === '' ? [] : [{ line: index + 1, text: line }]));
    return { header: undefined, records: lines.map((line) => record(line.line, parseExactly(line.text))) };
  }
  if (name.endsWith('.json')) {
    const { format } = connector;
    const path = typeof format === 'object' && 'json' in format && 'path' in format.json ? format.json.path : [];
    let value = parseExactly(text);
    for (const step of path) value = (value as Record<string, unknown>)[step];
    const elements = Array.isArray(value) ? (value as unknown[]) : [value];
    return { header: undefined, records: elements.map((element, index) => record(index + 1, element)) };
  }
  const [header = { line: 1, cells: [] }, ...rows] = csvRows(text);
  const records = rows.map(({ line, cells }) => ({
    line,
    fields: Object.fromEntries(header.cells.map((field, index) => [field, cells[index] ?? ''])),
  }));
  return { header: header.cells, records };
}

/** Numbers stay the text that the file has: a float would lose digits. */
function parseExactly(text: string): unknown {
  const keepDigits = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' ? (context.source ?? value) : value;
  return JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]);
}

function record(line: number, value: unknown): RawRecord {
  return { line, fields: Object.fromEntries(flat('', value)), value };
}

function flat(path: string, value: unknown): [string, string][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [[path, `${value as string | number | boolean}`]];
  return Object.entries(value).flatMap(([key, inner]) => flat(path === '' ? key : `${path}.${key}`, inner));
}

interface CsvRow {
  /** Line of the file in which the row begins. */
  line: number;
  cells: string[];
}

function csvRows(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let [line, begins, cell, quoted] = [1, 1, '', false];
  let cells: string[] = [];
  const endRow = () => {
    if (cells.length > 0 || cell !== '') rows.push({ line: begins, cells: [...cells, cell] });
    [cells, cell, begins] = [[], '', line + 1];
  };
  for (let index = text.startsWith('\ufeff') ? 1 : 0; index < text.length; index += 1) {
    const sign = text.charAt(index);
    if (quoted && sign === '"' && text.charAt(index + 1) === '"') {
      cell += '"';
      index += 1;
    } else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === ',') {
      cells.push(cell);
      cell = '';
    } else if (!quoted && sign === '\n') endRow();
    else if (quoted || sign !== '\r') cell += sign;
    if (sign === '\n') line += 1;
  }
  endRow();
  return rows;
}
