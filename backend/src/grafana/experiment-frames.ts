import type { FrameJson } from './frame.ts';
import type { ExperimentAnswer } from './ports.ts';
import { money, number, numbers, share, table, texts } from './table-columns.ts';

type Measure = 'cost' | 'failures' | 'firstTokenMs' | 'totalMs' | 'quality';

/** One row for each experiment: B against A, each difference with the bounds that hold at every look. */
export function experimentsTable(refId: string, rows: readonly ExperimentAnswer[]): FrameJson {
  const [only = '', ...others] = new Set(rows.map(({ currency }) => currency));
  const amount = money(others.length === 0 ? only : '');
  const of =
    (measure: Measure, side: 'estimate' | 'low' | 'high' = 'estimate') =>
    (row: ExperimentAnswer): number | null =>
      row.comparison[measure]?.[side] ?? null;
  const ms = { unit: 'ms', decimals: 0 };
  return table(
    'experiments',
    refId,
    [
      texts('experiment', 'Experiment', rows, ({ name }) => name),
      texts('policy', 'Policy', rows, ({ policy }) => policy),
      texts('tried', 'Tried', rows, ({ b }) => `${b.policy} ${b.version}`),
      texts('kind', 'Kind', rows, ({ kind }) => kind),
      texts('state', 'State', rows, ({ state }) => state),
      texts('better', 'Better', rows, ({ comparison }) => comparison.decision),
      texts('verdict', 'Verdict', rows, ({ comparison }) => comparison.sentence),
      numbers('cost', 'Cost of B against A', rows, of('cost'), share),
      numbers('costLow', 'Cost, at least', rows, of('cost', 'low'), share),
      numbers('costHigh', 'Cost, at most', rows, of('cost', 'high'), share),
      numbers('quality', 'Quality, difference', rows, of('quality'), { decimals: 3 }),
      numbers('qualityLow', 'Quality, at least', rows, of('quality', 'low'), { decimals: 3 }),
      numbers('failures', 'Failures, difference', rows, of('failures'), share),
      numbers('firstToken', 'First token, difference', rows, of('firstTokenMs'), ms),
      numbers('duration', 'Duration, difference', rows, of('totalMs'), ms),
      numbers('observations', 'Observations', rows, ({ comparison }) => comparison.observations, { decimals: 0 }),
      numbers('spent', 'Spent', rows, ({ spent }) => number(spent), amount),
      numbers('budget', 'Budget', rows, ({ budget }) => number(budget), amount),
      texts('currency', 'Currency', rows, ({ currency }) => currency),
    ],
    [],
  );
}
