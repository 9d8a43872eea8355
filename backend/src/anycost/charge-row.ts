import { parseAmount } from './amount.ts';
import { chargeColumns, type ColumnKind } from './charge-columns.ts';
import { withBothNames } from './charge-names.ts';
import type { CostCharge, Finding } from './connector.ts';
import { parseCurrency } from './currency.ts';
import { parseInstant } from './instant.ts';
import type { RowRules } from './ports.ts';
import { parseTags } from './tags.ts';
import { isUnit } from './unit.ts';

/** A row as fact_cost_usage takes it, without the columns that say where it came from. */
export type FactValues = Record<string, string | null | Record<string, string>>;

export interface LoadableRow {
  ok: true;
  values: FactValues;
  /** Billing month, `YYYY-MM`. */
  period: string;
  currency: string;
  /** Unix seconds. */
  chargeStart: number;
  chargeEnd: number;
  /** What is odd but does not change an amount; the row is loaded. */
  flags: Finding[];
}

export type ChargeRow = LoadableRow | { ok: false; findings: Finding[] };

/** Findings of one row that are told; a row of another format would otherwise report each of its fields. */
const maxFindings = 8;
const largestCount = 2n ** 64n - 1n;
const hourDigits = 18;

interface Reading {
  values: FactValues;
  findings: Finding[];
  flags: Finding[];
  seconds: Map<string, number>;
}

/**
 * Makes a warehouse row of a charge. A charge that cannot be kept exactly is not kept at all: its findings say which column
 * and why. BilledCost, the currency and the four instants must be there; the other three costs count as zero when absent (as
 * a SQL sum counts them), with a flag. Business dimensions and their origin come from the rules.
 */
export function chargeRow(charge: CostCharge, source: string, rules: Pick<RowRules, 'enrich'>): ChargeRow {
  const both = { columns: withBothNames(charge.columns), tags: charge.tags };
  const { columns, tags, tagSource } = rules.enrich(both, source);
  const reading: Reading = { values: {}, findings: [], flags: [], seconds: new Map() };
  for (const [name, kind] of chargeColumns) readColumn(reading, name, kind, columns[name]);
  // fromEntries, because a column may be named `__proto__`.
  reading.values['x_Unknown'] = {
    ...(reading.values['x_Unknown'] as Record<string, string> | undefined),
    ...Object.fromEntries(Object.entries(columns).filter(([name, value]) => value !== '' && !chargeColumns.has(name))),
  };
  reading.values['Tags'] = tags;
  reading.values['x_TagSource'] = tagSource;
  return finish(reading);
}

function readColumn(reading: Reading, name: string, kind: ColumnKind, given: string | undefined): void {
  const value = given === '' ? undefined : given;
  switch (kind) {
    case 'text':
      reading.values[name] = value ?? '';
      return;
    case 'code':
      reading.values[name] = value?.trim() ?? '';
      return;
    case 'unit':
      readUnit(reading, name, value);
      return;
    case 'currency':
      readCurrency(reading, name, value);
      return;
    case 'instant':
      readInstant(reading, name, value);
      return;
    case 'map':
      readMap(reading, name, value);
      return;
    default:
      readAmount(reading, name, kind, value);
  }
}

function refuse(reading: Reading, column: string, reason: string): void {
  reading.findings.push({ column, reason: `${column} ${reason}` });
}

function readUnit(reading: Reading, name: string, value: string | undefined): void {
  if (value !== undefined && !isUnit(value)) refuse(reading, name, 'is no unit of measure');
  else reading.values[name] = value ?? '';
}

function readCurrency(reading: Reading, name: string, value: string | undefined): void {
  const code = value === undefined ? undefined : parseCurrency(value);
  if (code === undefined) refuse(reading, name, value === undefined ? 'is empty' : 'is not an ISO 4217 currency code');
  else reading.values[name] = code;
}

function readInstant(reading: Reading, name: string, value: string | undefined): void {
  if (value === undefined) return refuse(reading, name, 'is empty');
  const instant = parseInstant(value);
  if (!instant.ok) return refuse(reading, name, instant.reason);
  reading.values[name] = instant.text;
  reading.seconds.set(name, instant.seconds);
}

function readMap(reading: Reading, name: string, value: string | undefined): void {
  const parsed = value === undefined ? undefined : parseTags(value);
  reading.values[name] = parsed?.ok ? parsed.tags : {};
  if (parsed === undefined || parsed.ok) return;
  // A broken label must not make an amount vanish from the total.
  reading.values['x_Unknown'] = { [name]: value ?? '' };
  reading.flags.push({ column: name, reason: `${name} ${parsed.reason}` });
}

function readAmount(reading: Reading, name: string, kind: ColumnKind, value: string | undefined): void {
  if (value === undefined) {
    if (kind !== 'cost') reading.values[name] = null;
    else if (name === 'BilledCost') refuse(reading, name, 'is empty');
    else {
      reading.values[name] = '0';
      reading.flags.push({ column: name, reason: `${name} is empty; counted as 0` });
    }
    return;
  }
  const amount = parseAmount(value);
  if (!amount.ok) return refuse(reading, name, amount.reason);
  if (kind === 'count' && !(/^\d+$/.test(amount.value) && BigInt(amount.value) <= largestCount))
    return refuse(reading, name, 'is not a whole number from 0 to 2^64 - 1');
  if (kind === 'hours' && (amount.value.split('.')[1]?.length ?? 0) > hourDigits)
    return refuse(reading, name, `has more than ${hourDigits} digits after the point`);
  reading.values[name] = amount.value;
}

function finish({ values, seconds, findings, flags }: Reading): ChargeRow {
  const [chargeStart, chargeEnd] = [seconds.get('ChargePeriodStart'), seconds.get('ChargePeriodEnd')];
  if (chargeStart !== undefined && chargeEnd !== undefined && chargeEnd < chargeStart)
    findings.push({ column: 'ChargePeriodEnd', reason: 'ChargePeriodEnd lies before ChargePeriodStart' });
  if (findings.length > 0 || chargeStart === undefined || chargeEnd === undefined)
    return { ok: false, findings: findings.slice(0, maxFindings) };
  const { BillingPeriodStart: begin, BillingCurrency: currency } = values as Record<string, string>;
  return { ok: true, values, period: begin!.slice(0, 7), currency: currency!, chargeStart, chargeEnd, flags };
}
