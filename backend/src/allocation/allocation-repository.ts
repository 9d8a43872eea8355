import { exact } from '../platform/amounts/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { dayMs, dropList, type Metric, type Span } from '../cost/index.ts';
import type { Cell, TokenCell } from './allocate.ts';
import type { Owner, Rule } from './contract.ts';
import { amountSql, currencySql, type Exchange } from './exchange.ts';
import { ruleSql } from './rule.ts';

export interface CellQuery {
  span: Span;
  by: Owner;
  metric: Metric;
  rules: readonly Rule[];
  drops: readonly string[];
  exchange: Exchange;
  /** Leaves out the lines that name a model: their cost is spread by usage elsewhere. */
  withoutModels: boolean;
}

const usageOwner = { x_Team: 'Team', x_Product: 'Product', x_Customer: 'Customer' } as const;

/** The bills by month, the rule that takes them and owner. One statement: one version of every bill. */
export async function readCells(
  warehouse: Warehouse,
  { span, by, metric, rules, drops, exchange, withoutModels }: CellQuery,
  scope: Scope,
  cacheSeconds: number,
): Promise<Cell[]> {
  if (drops.length === 0) return [];
  const sql = `
SELECT toYYYYMM(Day) AS month, ${ruleSql(rules)} AS rule, toString(${by}) AS owner,
       toString(sum(${amountSql(metric, exchange)})) AS amount, toString(sum(GpuHours)) AS gpuHours,
       toString(sum(LineCount)) AS lines
FROM cost_unit_daily
WHERE x_DropId IN ${dropList(drops)} AND Day >= toDate({from:UInt32}) AND Day < toDate({to:UInt32})
  AND ${currencySql(exchange)}${withoutModels ? " AND x_Model = ''" : ''}
GROUP BY month, rule, owner
ORDER BY month, rule, owner`;
  interface Row {
    month: number;
    rule: number;
    owner: string;
    amount: string;
    gpuHours: string;
    lines: string;
  }
  const params = { from: span.from / dayMs, to: span.to / dayMs };
  const { rows } = await warehouse.query<Row>(sql, { params, scope, cacheSeconds });
  return rows.map((row) => ({
    ...row,
    amount: exact(row.amount),
    gpuHours: exact(row.gpuHours),
    lines: Number(row.lines),
  }));
}

/** Tokens of language models by month and owner. */
export async function readTokens(
  warehouse: Warehouse,
  { span, by }: Pick<CellQuery, 'span' | 'by'>,
  scope: Scope,
  cacheSeconds: number,
): Promise<TokenCell[]> {
  const sql = `
SELECT toYYYYMM(Day) AS month, toString(${usageOwner[by]}) AS owner, toString(sum(InputTokens + OutputTokens)) AS tokens
FROM llm_daily
WHERE Day >= toDate({from:UInt32}) AND Day < toDate({to:UInt32})
  AND x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE Day >= toDate({from:UInt32}) AND Day < toDate({to:UInt32}))
GROUP BY month, owner
ORDER BY month, owner`;
  const params = { from: span.from / dayMs, to: span.to / dayMs };
  const { rows } = await warehouse.query<{ month: number; owner: string; tokens: string }>(sql, {
    params,
    scope,
    cacheSeconds,
  });
  return rows.map((row) => ({ ...row, tokens: BigInt(row.tokens) }));
}
