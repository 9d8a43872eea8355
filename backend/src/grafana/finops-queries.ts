import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type {
  BudgetQuery,
  DriversQuery,
  GpuQuery,
  QualityQuery,
  ShowbackQuery,
  UnitQuery,
  UsageQuery,
} from './contract.ts';
import { grain } from './cost-frames.ts';
import {
  budgetSeries,
  budgetTable,
  driversTable,
  gpuTable,
  qualityTable,
  showbackTable,
  unitSeries,
  unitTable,
} from './finops-frames.ts';
import type { FrameJson } from './frame.ts';
import type {
  BudgetSource,
  GpuSource,
  QualitySource,
  Selection,
  ShowbackSource,
  UnitSource,
  UsageSource,
} from './ports.ts';
import { usageSeries, usageTable } from './usage-frames.ts';

/** The rooms of FinOps that panels ask. */
export interface FinopsSources {
  units: UnitSource;
  usage: UsageSource;
  budgets: BudgetSource;
  showback: ShowbackSource;
  gpu: GpuSource;
  quality: QualitySource;
}

type Asked = { from: number; to: number; filters?: { dim: string; values: string[] }[]; currency?: string };

function selection(query: Asked): Selection {
  const { currency } = query;
  return {
    ...span(query),
    filters: (query.filters ?? []).filter(({ values }) => values.length > 0),
    ...(currency === undefined || currency === '' ? {} : { currency }),
  };
}

const span = ({ from, to }: Asked): { from: Date; to: Date } => ({ from: new Date(from), to: new Date(to) });

export async function unit(query: UnitQuery, { units }: FinopsSources, scope: Scope): Promise<FrameJson[]> {
  if (query.format !== 'table')
    return unitSeries(query.refId, query.unit ?? 'request', await units.cards(selection(query), scope));
  const by = query.by ?? 'x_Customer';
  const answer = await units.breakdown({ ...selection(query), by, limit: query.limit ?? 50 }, scope);
  return answer.rows.length === 0 ? [] : [unitTable(query.refId, by, answer)];
}

export async function usage(query: UsageQuery, sources: FinopsSources, scope: Scope): Promise<FrameJson[]> {
  const dims = query.groupBy ?? [];
  const asTable = query.format === 'table';
  const asked = !asTable && query.granularity === 'total' ? 'auto' : (query.granularity ?? 'auto');
  const granularity = asTable ? 'total' : grain(asked, query.to - query.from);
  const answer = await sources.usage.summary(
    { ...selection(query), dims, granularity, limit: query.limit ?? 10 },
    scope,
  );
  if (answer.rows.length === 0) return [];
  return asTable
    ? [usageTable(query.refId, dims, answer)]
    : usageSeries(query.refId, query.measure ?? 'requests', dims, answer);
}

export async function budget(query: BudgetQuery, { budgets }: FinopsSources, scope: Scope): Promise<FrameJson[]> {
  const id = query.budget ?? '';
  if (query.format !== 'timeseries') {
    const all = await budgets.status(scope);
    const shown = id === '' ? all : all.filter((one) => one.id === id);
    return shown.length === 0 ? [] : [budgetTable(query.refId, shown)];
  }
  if (id === '')
    throw new AppError('BAD_REQUEST', 'No budget is chosen.', { help: 'Choose one, or the format Table for all.' });
  return budgetSeries(query.refId, id, await budgets.burnDown(id, scope));
}

export async function showback(query: ShowbackQuery, sources: FinopsSources, scope: Scope): Promise<FrameJson[]> {
  const { from, to, currency } = selection(query);
  const by = query.by ?? 'x_Team';
  const asked = { from, to, by, ...(currency === undefined ? {} : { currency }) };
  const answer = await sources.showback.report(asked, scope);
  return answer.rows.length === 0 ? [] : [showbackTable(query.refId, by, answer)];
}

export async function drivers(query: DriversQuery, { units }: FinopsSources, scope: Scope): Promise<FrameJson[]> {
  const dims = query.groupBy === undefined || query.groupBy.length === 0 ? ['x_Team', 'ServiceName'] : query.groupBy;
  const answer = await units.drivers({ ...selection(query), dims, limit: query.limit ?? 20 }, scope);
  return answer.rows.length === 0 ? [] : [driversTable(query.refId, dims, answer)];
}

export async function gpu(query: GpuQuery, sources: FinopsSources, scope: Scope): Promise<FrameJson[]> {
  const answer = await sources.gpu.accounting(span(query), scope);
  return answer.rows.length === 0 ? [] : [gpuTable(query.refId, answer)];
}

export async function quality(query: QualityQuery, sources: FinopsSources, scope: Scope): Promise<FrameJson[]> {
  const { from, to, currency } = selection(query);
  const asked = { from, to, ...(currency === undefined ? {} : { currency }) };
  return [qualityTable(query.refId, query.by ?? 'team', await sources.quality.quality(asked, scope))];
}
