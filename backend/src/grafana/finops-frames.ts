import { Decimal } from 'decimal.js';
import type { UnitQuery } from './contract.ts';
import { timeSeries, type FrameJson } from './frame.ts';
import type {
  BudgetDays,
  BudgetState,
  CostDrivers,
  GpuAnswer,
  QualityAnswer,
  ShowbackAnswer,
  UnitBreakdown,
  UnitCards,
} from './ports.ts';
import { hours, money, named, number, numbers, share, table, texts } from './table-columns.ts';

/** The cost of one unit by day; a day without any unit has no value. */
export function unitSeries(refId: string, unit: NonNullable<UnitQuery['unit']>, answer: UnitCards): FrameJson[] {
  const card = answer.cards.find(({ id }) => id === unit);
  if (card === undefined || card.series.length === 0) return [];
  return timeSeries(
    refId,
    [
      {
        name: `Cost per ${card.unit}`,
        labels: { unit },
        times: card.series.map(({ day }) => Date.parse(day)),
        values: card.series.map(({ value }) => number(value)),
        config: money(answer.currency, 6),
      },
    ],
    answer.notices,
  );
}

export function unitTable(refId: string, by: string, answer: UnitBreakdown): FrameJson {
  const { rows, currency } = answer;
  const amount = money(currency);
  const unit = money(currency, 6);
  const title = by.replace(/^x_/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
  const known = (pick: (row: UnitBreakdown['rows'][number]) => unknown) => rows.some((row) => pick(row) !== undefined);
  return table(
    'unit-economics',
    refId,
    [
      texts(by, title, rows, ({ key }) => named(key)),
      numbers('cost', 'Cost', rows, (row) => number(row.cost), amount),
      numbers('requests', 'Requests', rows, (row) => row.requests),
      numbers('tokens', 'Tokens', rows, (row) => row.tokens),
      numbers('sessions', 'Sessions', rows, (row) => row.sessions),
      numbers('costPerRequest', 'Per request', rows, (row) => number(row.costPerRequest), unit),
      numbers('costPer1000Tokens', 'Per 1,000 tokens', rows, (row) => number(row.costPer1000Tokens), unit),
      numbers('costPerSession', 'Per session', rows, (row) => number(row.costPerSession), unit),
      ...(known((row) => row.previousCost)
        ? [
            numbers('previousCost', 'Period before', rows, (row) => number(row.previousCost), amount),
            numbers('change', 'Change', rows, (row) => number(row.changeShare), share),
          ]
        : []),
      ...(known((row) => row.revenue)
        ? [
            numbers('revenue', 'Revenue', rows, (row) => number(row.revenue), amount),
            numbers('margin', 'Margin', rows, (row) => number(row.margin), amount),
            numbers('marginShare', 'Margin, share', rows, (row) => number(row.marginShare), share),
          ]
        : []),
    ],
    answer.notices,
  );
}

export function budgetTable(refId: string, budgets: readonly BudgetState[]): FrameJson {
  const currencies = new Set(budgets.map(({ currency }) => currency));
  const [only = ''] = currencies;
  const amount = money(currencies.size === 1 ? only : '');
  return table(
    'budgets',
    refId,
    [
      texts('budget', 'Budget', budgets, ({ name }) => name),
      texts('state', 'State', budgets, ({ state }) => state),
      numbers('share', 'Used', budgets, (one) => number(one.share), share),
      numbers('spent', 'Spent', budgets, (one) => number(one.spent), amount),
      numbers('amount', 'Amount', budgets, (one) => number(one.amount), amount),
      numbers('forecast', 'Forecast to the end', budgets, (one) => number(one.forecast), amount),
      numbers('forecastShare', 'Forecast, share', budgets, forecastShare, share),
      texts('passesOn', 'Passes on', budgets, ({ passesOn }) => passesOn ?? ''),
      texts('currency', 'Currency', budgets, ({ currency }) => currency),
    ],
    [],
  );
}

/** Where the forecast to the end of the window lies, as a part of the amount. */
function forecastShare({ forecast, amount }: BudgetState): number | null {
  return forecast === undefined || new Decimal(amount).isZero() ? null : new Decimal(forecast).div(amount).toNumber();
}

/** What was spent in the window, day by day, beside the plan, the forecast and its band. */
export function budgetSeries(refId: string, id: string, answer: BudgetDays): FrameJson[] {
  const times = answer.days.map(({ day }) => Date.parse(day));
  const line = (name: string, pick: (day: BudgetDays['days'][number]) => string | undefined) => ({
    name,
    labels: { budget: id, line: name },
    times,
    values: answer.days.map((day) => number(pick(day))),
    config: money(answer.currency),
  });
  return timeSeries(refId, [
    line('actual', (day) => day.actual),
    line('plan', (day) => day.plan),
    line('forecast', (day) => day.forecast),
    line('lower', (day) => day.low),
    line('upper', (day) => day.high),
  ]);
}

export function showbackTable(refId: string, by: string, answer: ShowbackAnswer): FrameJson {
  const amount = money(answer.currency);
  const rows = [
    ...answer.rows.map((row) => ({
      owner: named(row.owner),
      direct: row.direct,
      shared: row.shared.reduce((sum, one) => sum.plus(one.amount), new Decimal(0)).toFixed(),
      total: row.total,
    })),
    ...(new Decimal(answer.unallocated).isZero()
      ? []
      : [{ owner: '(not allocated)', direct: answer.unallocated, shared: '0', total: answer.unallocated }]),
  ];
  return table(
    'showback',
    refId,
    [
      texts('owner', by.replace(/^x_/, ''), rows, ({ owner }) => owner),
      numbers('direct', 'Direct', rows, (row) => number(row.direct), amount),
      numbers('shared', 'Shared', rows, (row) => number(row.shared), amount),
      numbers('total', 'Total', rows, (row) => number(row.total), amount),
    ],
    [
      ...answer.notices,
      { severity: 'info', text: `The rows add up to the bills: ${answer.bills} ${answer.currency}.` },
    ],
  );
}

export function driversTable(refId: string, groupBy: readonly string[], answer: CostDrivers): FrameJson {
  const { rows } = answer;
  const amount = money(answer.currency);
  return table(
    'drivers',
    refId,
    [
      ...groupBy.map((dim) =>
        texts(dim, dim.replace(/^x_/, '').replace(/([a-z])([A-Z])/g, '$1 $2'), rows, (row) =>
          row.other === true ? '(other)' : named(row.keys[dim] ?? ''),
        ),
      ),
      numbers('difference', 'Change', rows, (row) => number(row.split.difference), amount),
      numbers('share', 'Of the net change', rows, (row) => number(row.share), share),
      numbers('price', 'by price', rows, (row) => number(row.split.price), amount),
      numbers('volume', 'by volume', rows, (row) => number(row.split.volume), amount),
      numbers('mix', 'by mix', rows, (row) => number(row.split.mix), amount),
      numbers('cost', 'Cost', rows, (row) => number(row.cost), amount),
      numbers('previousCost', 'Period before', rows, (row) => number(row.previousCost), amount),
    ],
    answer.notices,
  );
}

export function gpuTable(refId: string, answer: GpuAnswer): FrameJson {
  const { rows } = answer;
  const currencies = new Set(rows.flatMap(({ cost }) => (cost === null ? [] : [cost.currency])));
  const [only = ''] = currencies;
  const amount = money(currencies.size === 1 ? only : '');
  return table(
    'gpu',
    refId,
    [
      texts('cluster', 'Cluster', rows, ({ cluster }) => cluster),
      texts('gpuType', 'GPU', rows, ({ gpuType }) => named(gpuType)),
      numbers('total', 'GPU-hours', rows, (row) => number(row.totalGpuHours), hours),
      numbers('allocated', 'allocated', rows, (row) => number(row.allocatedGpuHours), hours),
      numbers('used', 'used', rows, (row) => number(row.usedGpuHours), hours),
      numbers('idle', 'idle', rows, (row) => number(row.idleGpuHours), hours),
      numbers('heldIdle', 'held idle', rows, (row) => number(row.heldIdleGpuHours), hours),
      numbers('cost', 'Cost', rows, (row) => number(row.cost?.total), amount),
      numbers('idleCost', 'Cost of idle', rows, (row) => number(row.cost?.idle), amount),
      numbers('heldIdleCost', 'Cost of held idle', rows, (row) => number(row.cost?.heldIdle), amount),
    ],
    answer.notices,
  );
}

export function qualityTable(refId: string, by: 'team' | 'source', answer: QualityAnswer): FrameJson {
  const rows =
    by === 'team'
      ? answer.byTeam.flatMap(({ team, tags }) => tags.map((tag) => ({ owner: named(team), ...tag })))
      : answer.bySource.flatMap(({ source, tags }) => tags.map((tag) => ({ owner: source, ...tag })));
  const amount = money(answer.currency);
  return table(
    'quality',
    refId,
    [
      texts(by, by === 'team' ? 'Team' : 'Source', rows, ({ owner }) => owner),
      texts('tag', 'Tag', rows, ({ tag }) => tag),
      numbers('share', 'Missing', rows, (row) => number(row.share), share),
      numbers('missing', 'Amount without it', rows, (row) => number(row.missing), amount),
      numbers('of', 'of', rows, (row) => number(row.of), amount),
    ],
    answer.notices,
  );
}
