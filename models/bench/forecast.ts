import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createForecasters } from '@amadeus/backend/forecasting';
import {
  firstPart,
  reportLine,
  listSeries,
  readSeries,
  splitAt,
  walkForward,
  type Evaluation,
  type Figure,
} from '../src/index.ts';

export const description = 'errors and band coverage of every forecaster, 1 and 10 minutes ahead, beside persistence';

const trainShare = 0.7;
const scoredHorizons = [1, 10] as const;
const secondsPerDay = 86_400;

/**
 * Walks through every series of a folder with every forecaster and reports the last 30 %. With `--until F` only the first F
 * of each series is used at all, and of that the last 30 % is scored: `--until 0.7` is for choosing settings, since it never
 * sees what is scored without it.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { data: { type: 'string' }, only: { type: 'string' }, until: { type: 'string', default: '1' } },
  });
  const until = shareOf(values.until);
  const folder = resolve(values.data ?? process.env.AMADEUS_DATA ?? '../shared/data', values.data ? '.' : 'traffic');
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}; name one with minute CSVs by --data DIR.`);
  const files = listSeries(folder).filter((file) => file.includes(values.only ?? ''));
  if (files.length === 0) throw new Error(`There is no CSV file in ${folder}.`);
  const results = new Map<string, Evaluation[]>();
  for (const file of files) results.set(...evaluate(folder, file, until));
  const series = [...results].flatMap(([name, evaluations]) => figuresOf(name, evaluations));
  process.stdout.write(`${reportLine('forecast', [...series, ...figuresInAll([...results.values()])])}\n`);
}

function shareOf(text: string): number {
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw new Error(`--until is a share of each series, above 0 and at most 1, for example 0.7; it was ${text}.`);
}

function evaluate(folder: string, file: string, until: number): [string, Evaluation[]] {
  const series = firstPart(readSeries(folder, file), until);
  const season = Math.round(secondsPerDay / series.stepSeconds);
  const testFrom = splitAt(series, trainShare);
  process.stderr.write(
    `${series.name}: ${series.values.length} steps of ${series.stepSeconds} s, scored from ${testFrom}\n`,
  );
  const evaluations = createForecasters(season).map((forecaster) => walkForward(series, forecaster, testFrom));
  for (const evaluation of evaluations) process.stderr.write(`  ${line(evaluation)}\n`);
  return [series.name, evaluations];
}

function line(evaluation: Evaluation): string {
  const parts = scoredHorizons.map((h) => {
    const score = evaluation.horizons[h - 1]!;
    const [rmse, mae] = [score.rmse, score.mae].map((value) => value?.toPrecision(4) ?? '-');
    return `h=${h}: RMSE ${rmse}, MAE ${mae}, coverage ${score.coverage?.toFixed(3) ?? '-'}`;
  });
  return `${evaluation.forecaster.padEnd(15)} ${parts.join('   ')}   ${evaluation.microsecondsPerStep.toFixed(0)} us/step`;
}

function figuresOf(name: string, evaluations: readonly Evaluation[]): Figure[] {
  const persistence = evaluations[0]!;
  return evaluations.flatMap((evaluation) =>
    scoredHorizons.flatMap((h) => {
      const score = evaluation.horizons[h - 1]!;
      const reference = persistence.horizons[h - 1]!;
      const figure = (metric: 'mae' | 'rmse' | 'coverage' | 'width', unit: string): Figure => ({
        name: `${metric}_h${h}.${evaluation.forecaster}.${name}`,
        value: rounded(score[metric]),
        unit,
        ...(evaluation === persistence ? {} : { against: 'persistence', againstValue: rounded(reference[metric]) }),
      });
      return [
        figure('mae', 'requests/min'),
        figure('rmse', 'requests/min'),
        figure('coverage', '1'),
        figure('width', 'requests/min'),
      ];
    }),
  );
}

/** Over all series: geometric means of the ratios to persistence, and means of the coverage. */
function figuresInAll(results: readonly (readonly Evaluation[])[]): Figure[] {
  const figures: Figure[] = [];
  for (const [index, { forecaster }] of results[0]!.entries()) {
    for (const h of scoredHorizons) {
      const pairs = results.map((of) => ({ own: of[index]!.horizons[h - 1]!, reference: of[0]!.horizons[h - 1]! }));
      const mustBeat = forecaster === 'autoregressive' && h === 10;
      for (const metric of ['rmse', 'mae'] as const) {
        const value = geometricMean(pairs.map(({ own, reference }) => own[metric]! / reference[metric]!));
        figures.push({
          name: `${metric}_over_persistence_h${h}.${forecaster}.all`,
          value: rounded(value),
          unit: '1',
          against: 'persistence',
          againstValue: 1,
          ...(mustBeat && metric === 'rmse' ? { target: '<= 1', holds: value <= 1 } : {}),
        });
      }
      const coverage = mean(pairs.map(({ own }) => own.coverage!));
      const target =
        forecaster === 'autoregressive'
          ? { target: 'in [0.78, 0.82]', holds: coverage >= 0.78 && coverage <= 0.82 }
          : {};
      figures.push({ name: `coverage_h${h}.${forecaster}.all`, value: rounded(coverage), unit: '1', ...target });
    }
  }
  const perWorkload = mean(
    results.map((of) => of.reduce((sum, evaluation) => sum + evaluation.microsecondsPerStep, 0)),
  );
  const seconds = perWorkload / 1000;
  figures.push({
    name: 'seconds_per_minute_of_1000_workloads',
    value: rounded(seconds),
    unit: 's',
    target: '<= 60',
    holds: seconds <= 60,
    against: 'a minute of one core',
    againstValue: 60,
  });
  return figures;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function geometricMean(ratios: readonly number[]): number {
  const usable = ratios.filter((ratio) => Number.isFinite(ratio) && ratio > 0);
  return Math.exp(mean(usable.map(Math.log)));
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}
