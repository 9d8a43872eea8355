import { Decimal } from 'decimal.js';
import { frame, type Field, type FieldConfig, type FrameJson, type Notice } from './frame.ts';

type Cell = string | number | null;

/** Exact decimals as the numbers that charts and alert rules work with. */
export const number = (amount: string | null | undefined): number | null =>
  amount === null || amount === undefined ? null : new Decimal(amount).toNumber();
export const named = (text: string): string => (text === '' ? '(none)' : text);

export function money(currency: string, decimals = 2): FieldConfig {
  return { unit: /^[A-Z]{3}$/.test(currency) ? `currency${currency}` : 'short', decimals };
}

export const share: FieldConfig = { unit: 'percentunit', decimals: 1 };
export const hours: FieldConfig = { unit: 'short', decimals: 1 };

export function texts<Row>(name: string, title: string, rows: readonly Row[], of: (row: Row) => string): Field {
  return { name, type: 'string', values: rows.map(of), config: { displayNameFromDS: title } };
}

export function numbers<Row>(
  name: string,
  title: string,
  rows: readonly Row[],
  of: (row: Row) => Cell,
  config: FieldConfig = {},
): Field {
  return { name, type: 'float64', values: rows.map(of), config: { displayNameFromDS: title, ...config } };
}

export function table(name: string, refId: string, fields: readonly Field[], notices: readonly Notice[]): FrameJson {
  return frame(name, refId, fields, {
    preferredVisualisationType: 'table',
    ...(notices.length === 0 ? {} : { notices }),
  });
}
