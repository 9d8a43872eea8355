import type { Connector, CostCharge, Finding, Mapped, RawRecord } from '../../anycost/index.ts';
import { Exact, amountText, readAmount } from '../mapping/exact-amount.ts';

export interface MappedLine {
  line: number;
  mapped: Mapped;
}

/** Maps records as the service does: one mapper for the file, its `end` after the last record. */
export function mapAll(
  connector: Connector,
  file: { name: string; header: readonly string[] | undefined },
  records: readonly RawRecord[],
  settings: Record<string, unknown> = {},
): MappedLine[] {
  const mapper = connector.map({
    fileName: file.name,
    source: { name: 'fixture', kind: connector.kind, region: 'default', settings },
    ...(file.header === undefined ? {} : { fields: file.header }),
  });
  const lines = records.flatMap((record) => mapper.map(record).map((mapped) => ({ line: record.line, mapped })));
  const last = (mapper.end?.() ?? []).map(({ line, ...mapped }) => ({ line: line ?? 0, mapped }));
  return [...lines, ...last];
}

export function chargesOf(lines: readonly MappedLine[]): { line: number; charge: CostCharge }[] {
  return lines.flatMap(({ line, mapped }) => (mapped.kind === 'charge' ? [{ line, charge: mapped.charge }] : []));
}

/** Every sentence that people may get to see about a record. */
export function findingsOf(mapped: Mapped): readonly Finding[] {
  return mapped.kind === 'quarantined' ? mapped.findings : (mapped.flags ?? []);
}

/** Sum per currency and cost column. */
export function sumsOf(charges: readonly { charge: CostCharge }[]): Record<string, Record<string, string>> {
  const totals = new Map<string, Map<string, Exact>>();
  for (const { charge } of charges) {
    const currency = charge.columns['BillingCurrency'] ?? '';
    const sums = totals.get(currency) ?? new Map<string, Exact>();
    totals.set(currency, sums);
    for (const column of ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost']) {
      const amount = new Exact(charge.columns[column] ?? '0');
      sums.set(column, (sums.get(column) ?? new Exact(0)).plus(amount));
    }
  }
  return Object.fromEntries(
    [...totals].map(([currency, sums]) => [
      currency,
      Object.fromEntries([...sums].map(([column, value]) => [column, amountText(value)])),
    ]),
  );
}

/**
 * What the file itself says was billed: the sum of the texts in these fields, without any mapping. `credits[].amount` means
 * the amounts in a list that stands as JSON text in the field `credits`.
 */
export function billedIn(records: readonly RawRecord[], fields: readonly string[]): string {
  const lists = fields.flatMap((field) => /^(.+)\[\]\.(.+)$/.exec(field)?.slice(1, 3) ?? []);
  const patterns = fields.map(
    (field) => new RegExp(`^${field.replace(/[.+?^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '[^.]+')}$`),
  );
  let total = new Exact(0);
  const add = (text: string) => {
    const amount = readAmount(text.replace(/[$€£¥₩]/, ''));
    if (amount.ok) total = total.plus(amount.value);
  };
  for (const { fields: record } of records)
    for (const [name, value] of Object.entries(record)) {
      if (patterns.some((pattern) => pattern.test(name))) add(value);
      else if (name === lists[0]) for (const amount of amountsInList(value, lists[1] ?? '')) add(amount);
    }
  return amountText(total);
}

/** The texts of one member of every element; read as text, so that no digit is lost. */
function amountsInList(json: string, member: string): string[] {
  return [...json.matchAll(new RegExp(`"${member}":\\s*"?([-+.\\deE]+)`, 'g'))].map((match) => match[1] ?? '');
}
