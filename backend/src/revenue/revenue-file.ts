import type { Readable } from 'node:stream';
import { csvRecords } from '../anycost/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { RevenueLine } from './contract.ts';

const columns = ['customer', 'month', 'from', 'to', 'amount', 'currency'] as const;
type Column = (typeof columns)[number];
const maxLines = 100_000;

/**
 * The lines of a CSV file with a header; names of columns in any case and order.
 * @throws AppError UNPROCESSABLE for a file that is none, lacks a column or has one that means nothing here
 */
export async function readRevenueFile(file: Readable): Promise<{ line: number; fields: RevenueLine }[]> {
  let header: Column[] | undefined;
  const lines: { line: number; fields: RevenueLine }[] = [];
  for await (const { line, fields } of csvRecords(file, false)) {
    if (header === undefined) {
      header = headerOf(fields);
      continue;
    }
    if (lines.length === maxLines) throw refused(`The file has more than ${maxLines} lines; split it by period.`);
    const named: Partial<Record<Column, string>> = {};
    header.forEach((column, place) => (named[column] = fields[place] ?? ''));
    lines.push({ line, fields: { customer: '', amount: '', currency: '', ...named } });
  }
  if (lines.length === 0) throw refused('The file holds no line of revenue.');
  return lines;
}

function headerOf(fields: readonly string[]): Column[] {
  const names = fields.map((name) => name.trim().toLowerCase());
  const unknown = names.filter((name) => !(columns as readonly string[]).includes(name));
  if (unknown.length > 0 || new Set(names).size < names.length)
    throw refused('A column of the header is unknown or stands there twice.');
  const lacks = ['customer', 'amount', 'currency'].filter((name) => !names.includes(name));
  if (lacks.length > 0) throw refused(`The header lacks ${lacks.join(', ')}.`);
  if (!names.includes('month') && !(names.includes('from') && names.includes('to')))
    throw refused('The header lacks month, or from and to.');
  return names as Column[];
}

function refused(detail: string): AppError {
  return new AppError('UNPROCESSABLE', detail, {
    help: 'Send CSV with the header customer,month,amount,currency or customer,from,to,amount,currency.',
  });
}
