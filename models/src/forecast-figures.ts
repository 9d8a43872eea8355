import type { Score } from '@amadeus/backend/forecasting';
import type { Figure } from './figures.ts';
import type { Evaluation } from './evaluation.ts';
import type { PanelEvaluation } from './walk-panel.ts';

/** Minutes ahead that are reported. */
export const scoredHorizons = [1, 10] as const;

const baselines = ['persistence', 'seasonal-naive', 'autoregressive'];
/** What the targets are about: whoever speaks for the workload. */
const spoken = 'champion';
const allowedLoss = 1.02;
const neededShare = 0.75;
const [leastCoverage, mostCoverage] = [0.78, 0.82];

/** Every forecaster's scores on one series, beside persistence. */
export function figuresOf(name: string, evaluations: readonly Evaluation[]): Figure[] {
  const persistence = evaluations.find(({ forecaster }) => forecaster === 'persistence');
  return evaluations.flatMap((evaluation) =>
    scoredHorizons.flatMap((h) => {
      const score = evaluation.horizons[h - 1]!;
      const reference = persistence?.horizons[h - 1];
      return (['mae', 'rmse', 'pinball', 'coverage', 'width'] as const).map((metric) => ({
        name: `${metric}_h${h}.${evaluation.forecaster}.${name}`,
        value: rounded(score[metric]),
        unit: metric === 'coverage' ? '1' : 'requests/min',
        ...(evaluation === persistence || !reference
          ? {}
          : { against: 'persistence', againstValue: rounded(reference[metric]) }),
      }));
    }),
  );
}

/** Over all series: the targets first, then means of every forecaster. */
export function figuresInAll(results: ReadonlyMap<string, PanelEvaluation>): Figure[] {
  return [...targets(results), ...means(results), cost(results)];
}

function targets(results: ReadonlyMap<string, PanelEvaluation>): Figure[] {
  return scoredHorizons.flatMap((h) => {
    const isTarget = h === 10;
    const all = [...results].map(([name, { evaluations }]) => {
      const own = scoreOf(evaluations, spoken, h)!;
      const rivals = baselines.flatMap((id) => scoreOf(evaluations, id, h)?.mae ?? []);
      const persistence = scoreOf(evaluations, 'persistence', h)!;
      return { name, toBest: own.mae! / Math.min(...rivals), toPersistence: own.mae! / persistence.mae!, own };
    });
    const worst = all.reduce((a, b) => (b.toBest > a.toBest ? b : a));
    const middle = median(all.map(({ toPersistence }) => toPersistence));
    const coverages = all.map(({ own }) => own.coverage!);
    const [low, high] = [Math.min(...coverages), Math.max(...coverages)];
    const held = (target: string, holds: boolean): Partial<Figure> => (isTarget ? { target, holds } : {});
    return [
      {
        name: `worst_mae_over_best_baseline_h${h}.${spoken}`,
        value: rounded(worst.toBest),
        unit: '1',
        against: `best baseline on ${worst.name}`,
        againstValue: 1,
        ...held(`<= ${allowedLoss} on every series`, worst.toBest <= allowedLoss),
      },
      {
        name: `median_mae_over_persistence_h${h}.${spoken}`,
        value: rounded(middle),
        unit: '1',
        against: 'persistence',
        againstValue: 1,
        ...held(`<= ${neededShare}`, middle <= neededShare),
      },
      ...(['lowest', 'highest'] as const).map((end) => ({
        name: `${end}_coverage_h${h}.${spoken}`,
        value: rounded(end === 'lowest' ? low : high),
        unit: '1',
        ...held(
          `in [${leastCoverage}, ${mostCoverage}] on every series`,
          end === 'lowest' ? low >= leastCoverage : high <= mostCoverage,
        ),
      })),
    ];
  });
}

/** Geometric means of what persistence is improved by, and mean coverage, of each forecaster. */
function means(results: ReadonlyMap<string, PanelEvaluation>): Figure[] {
  const ids = [
    ...new Set([...results.values()].flatMap(({ evaluations }) => evaluations.map((one) => one.forecaster))),
  ];
  return ids.flatMap((id) =>
    scoredHorizons.flatMap((h): Figure[] => {
      const pairs = [...results.values()].flatMap(({ evaluations }) => {
        const [own, reference] = [scoreOf(evaluations, id, h), scoreOf(evaluations, 'persistence', h)];
        return own?.mae != null && reference ? [{ own, reference }] : [];
      });
      if (pairs.length === 0) return [];
      const ratios = (['mae', 'rmse', 'pinball'] as const).map((metric) => ({
        name: `${metric}_over_persistence_h${h}.${id}.all`,
        value: rounded(geometricMean(pairs.map(({ own, reference }) => own[metric]! / reference[metric]!))),
        unit: '1',
        against: 'persistence',
        againstValue: 1,
      }));
      const coverage = pairs.reduce((sum, { own }) => sum + own.coverage!, 0) / pairs.length;
      return [...ratios, { name: `coverage_h${h}.${id}.all`, value: rounded(coverage), unit: '1' }];
    }),
  );
}

function cost(results: ReadonlyMap<string, PanelEvaluation>): Figure {
  const perStep = [...results.values()].map(({ microsecondsPerStep }) => microsecondsPerStep);
  const seconds = perStep.reduce((sum, one) => sum + one, 0) / perStep.length / 1000;
  return {
    name: 'seconds_per_minute_of_1000_workloads',
    value: rounded(seconds),
    unit: 's',
    target: '<= 60',
    holds: seconds <= 60,
    against: 'a minute of one core',
    againstValue: 60,
  };
}

function scoreOf(evaluations: readonly Evaluation[], forecaster: string, h: number): Score | undefined {
  return evaluations.find((one) => one.forecaster === forecaster)?.horizons[h - 1];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

function geometricMean(ratios: readonly number[]): number {
  const usable = ratios.filter((ratio) => Number.isFinite(ratio) && ratio > 0);
  return Math.exp(usable.reduce((sum, ratio) => sum + Math.log(ratio), 0) / usable.length);
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}
