import { parseAmount } from './amount.ts';
import { parseCurrency } from './currency.ts';
import type { ColumnKind, FocusColumnName, Header } from './focus-columns.ts';
import { parseInstant } from './instant.ts';
import { businessDimensions, businessDimensionsOf, parseTags } from './tags.ts';

/** Something wrong with a field. It never holds the field's text: descriptions and tags may carry what is secret. */
export interface Finding {
  column: string;
  reason: string;
}

/** A row as fact_cost_usage takes it, without the columns that say where it came from. */
export type FocusRow = Partial<Record<FocusColumnName, string | null>> & {
  Tags: Record<string, string>;
  x_Unknown: Record<string, string>;
};

export type MappedRow =
  | {
      ok: true;
      row: FocusRow;
      /** Billing month, `YYYY-MM`. */
      period: string;
      currency: string;
      /** Unix seconds. */
      chargeStart: number;
      chargeEnd: number;
      /** What is odd but does not change an amount; the row is loaded. */
      flags: Finding[];
    }
  | { ok: false; findings: Finding[] };

/** Findings of one row that are told; a row of another format would otherwise report each of its fields. */
const maxFindings = 8;

interface Reading {
  row: FocusRow;
  findings: Finding[];
  flags: Finding[];
  seconds: Partial<Record<FocusColumnName, number>>;
}

/**
 * Maps one record to a warehouse row. A record that cannot be mapped exactly is not mapped at all: its findings say which
 * column and why. The words `NULL` and empty fields count as absent; BilledCost must be there, the other three costs count
 * as zero when absent (as a SQL sum counts them), with a flag.
 */
export function mapRow(fields: readonly string[], header: Header): MappedRow {
  if (fields.length !== header.width)
    return {
      ok: false,
      findings: [{ column: '', reason: `The line has ${fields.length} fields; the header has ${header.width}` }],
    };
  const reading: Reading = { row: { Tags: {}, x_Unknown: {} }, findings: [], flags: [], seconds: {} };
  for (const column of header.columns) readField(reading, column.name, column.kind, present(fields[column.index]));
  // fromEntries, because a column may be named `__proto__`.
  reading.row.x_Unknown = Object.fromEntries(
    header.unknown.flatMap(({ name, index }) => {
      const value = present(fields[index]);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  if (header.tags !== undefined) readTags(reading, present(fields[header.tags]));
  return finish(reading);
}

function present(field: string | undefined): string | undefined {
  return field === undefined || field === '' || field === 'NULL' || field === 'null' ? undefined : field;
}

function readField(reading: Reading, name: FocusColumnName, kind: ColumnKind, value: string | undefined): void {
  const refuse = (reason: string) => reading.findings.push({ column: name, reason: `${name} ${reason}` });
  if (kind === 'text') reading.row[name] = value ?? '';
  else if (kind === 'pricingCurrency') reading.row[name] = value?.trim() ?? '';
  else if (kind === 'currency') {
    const code = value === undefined ? undefined : parseCurrency(value);
    if (code === undefined) refuse(value === undefined ? 'is empty' : 'is not an ISO 4217 currency code');
    else reading.row[name] = code;
  } else if (kind === 'instant') {
    const instant = value === undefined ? ({ ok: false, reason: 'is empty' } as const) : parseInstant(value);
    if (!instant.ok) return void refuse(instant.reason);
    reading.row[name] = instant.text;
    reading.seconds[name] = instant.seconds;
  } else readNumber(reading, name, kind, value);
}

function readNumber(reading: Reading, name: FocusColumnName, kind: 'cost' | 'number', value: string | undefined): void {
  if (value !== undefined) {
    const amount = parseAmount(value);
    if (amount.ok) reading.row[name] = amount.value;
    else reading.findings.push({ column: name, reason: `${name} ${amount.reason}` });
  } else if (kind === 'number') reading.row[name] = null;
  else if (name === 'BilledCost') reading.findings.push({ column: name, reason: `${name} is empty` });
  else {
    reading.row[name] = '0';
    reading.flags.push({ column: name, reason: `${name} is empty; counted as 0` });
  }
}

function readTags(reading: Reading, value: string | undefined): void {
  if (value === undefined) return;
  const parsed = parseTags(value);
  if (parsed.ok) reading.row.Tags = parsed.tags;
  else {
    // A broken label must not make an amount vanish from the total.
    reading.row.x_Unknown['Tags'] = value;
    reading.flags.push({ column: 'Tags', reason: `Tags ${parsed.reason}` });
  }
}

function finish(reading: Reading): MappedRow {
  const { row, seconds, findings } = reading;
  const { ChargePeriodStart: chargeStart, ChargePeriodEnd: chargeEnd, BillingPeriodStart: period } = seconds;
  if (chargeStart !== undefined && chargeEnd !== undefined && chargeEnd < chargeStart)
    findings.push({ column: 'ChargePeriodEnd', reason: 'ChargePeriodEnd lies before ChargePeriodStart' });
  if (findings.length > 0 || chargeStart === undefined || chargeEnd === undefined || period === undefined)
    return { ok: false, findings: findings.slice(0, maxFindings) };
  const fromTags = businessDimensionsOf(row.Tags);
  for (const dimension of businessDimensions) row[dimension] = row[dimension] || fromTags[dimension];
  return {
    ok: true,
    row,
    period: (row.BillingPeriodStart ?? '').slice(0, 7),
    currency: row.BillingCurrency ?? '',
    chargeStart,
    chargeEnd,
    flags: reading.flags,
  };
}
