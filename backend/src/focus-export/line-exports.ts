import type { Readable } from 'node:stream';
import { dropsOf, selectionSql, type Selection } from '../cost/index.ts';
import { csvRow } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { workbookBytes, type CellKind, type CellValue, type SheetColumn } from './workbook/workbook.ts';

export type LineFormat = 'csv' | 'xlsx';
export const lineTypes: Readonly<Record<LineFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

const amounts = ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'];
const numbers = [
  ...['ListUnitPrice', 'ContractedUnitPrice', 'PricingQuantity', 'ConsumedQuantity'],
  ...['x_InputTokens', 'x_OutputTokens'],
];
const columns: readonly (readonly [name: string, kind: CellKind])[] = [
  ['ChargePeriodStart', 'instant'],
  ['ChargePeriodEnd', 'instant'],
  ...amounts.map((name) => [name, 'amount'] as const),
  ...['BillingCurrency', 'ProviderName', 'ServiceCategory', 'ServiceName'].map((name) => [name, 'text'] as const),
  ...['ChargeCategory', 'ChargeClass', 'ChargeDescription', 'BillingAccountId'].map((name) => [name, 'text'] as const),
  ...['BillingAccountName', 'SubAccountId', 'SubAccountName', 'RegionId'].map((name) => [name, 'text'] as const),
  ...['ResourceId', 'ResourceName', 'ResourceType', 'SkuId', 'PricingUnit'].map((name) => [name, 'text'] as const),
  ...numbers.map((name) => [name, 'number'] as const),
  ...['x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment'].map((name) => [name, 'text'] as const),
  ...['x_Model', 'Tags', 'x_Source', 'x_SourceFile'].map((name) => [name, 'text'] as const),
  ['x_SourceLine', 'number'],
];

const exportMs = 30 * 60_000;
const countMs = 60_000;

function outputOf([name, kind]: (typeof columns)[number]): string {
  if (kind === 'instant') return `formatDateTime(${name}, '%Y-%m-%dT%H:%i:%SZ', 'UTC')`;
  if (kind !== 'text') return `if(isNull(${name}), NULL, toString(${name}))`;
  return name === 'Tags' ? "if(empty(Tags), '', toJSONString(Tags))" : `toString(${name})`;
}

/** How many lines a selection has. */
export async function countLines(
  warehouse: Warehouse,
  selection: Selection,
  scope: Scope,
  signal?: AbortSignal,
): Promise<{ rows: number; drops: string[] }> {
  const drops = await dropsOf(warehouse, selection, scope, signal);
  const { where, params } = selectionSql(selection, drops, 'ChargePeriodStart');
  const options = { params, scope, timeoutMs: countMs, ...(signal ? { signal } : {}) };
  const { rows } = await warehouse.query<{ n: string }>(
    `SELECT toString(count()) AS n FROM fact_cost_usage WHERE ${where}`,
    options,
  );
  return { rows: Number(rows[0]?.n ?? 0), drops };
}

/** The lines of a selection in the order of the table, as they come; nothing is held. */
export async function* lineRows(
  warehouse: Warehouse,
  selection: Selection,
  drops: readonly string[],
  scope: Scope,
  signal?: AbortSignal,
): AsyncGenerator<CellValue[]> {
  const { where, params } = selectionSql(selection, drops, 'ChargePeriodStart');
  const sql = `
SELECT ${columns.map((column, index) => `${outputOf(column)} AS c${index}`).join(', ')}
FROM fact_cost_usage WHERE ${where}
ORDER BY Tenant, Region, x_DropId, ChargePeriodStart, ProviderName, ServiceName, x_SourceLine`;
  const options = {
    params,
    scope,
    timeoutMs: exportMs,
    // A sort that the order of the table spares holds no rows; small blocks keep what is under way small.
    settings: { optimize_read_in_order: 1, max_block_size: 8_192, max_threads: 2 },
    ...(signal ? { signal } : {}),
  };
  const bytes = await warehouse.exportRaw(sql, 'JSONCompactEachRow', options);
  for await (const text of linesOf(bytes)) yield JSON.parse(text) as CellValue[];
}

async function* linesOf(bytes: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

const chunkCharacters = 64 * 1024;

/** Lines as the bytes of a file: guarded CSV, or an Excel workbook with real numbers and dates. */
export async function* lineBytes(
  format: LineFormat,
  rows: AsyncIterable<readonly CellValue[]>,
): AsyncGenerator<Buffer> {
  if (format === 'xlsx') {
    yield* workbookBytes([{ name: 'Lines', columns: columns.map(sheetColumn), rows }]);
    return;
  }
  // The mark tells Excel that the text is UTF-8.
  let text = `\ufeff${csvRow(columns.map(([name]) => name))}`;
  for await (const row of rows) {
    text += csvRow(row);
    if (text.length < chunkCharacters) continue;
    yield Buffer.from(text, 'utf8');
    text = '';
  }
  yield Buffer.from(text, 'utf8');
}

function sheetColumn([title, kind]: (typeof columns)[number]): SheetColumn {
  return { title, kind };
}
