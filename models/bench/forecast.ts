import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openShippedNetwork, Trainer } from '@amadeus/backend/forecasting';
import {
  firstPart,
  figuresInAll,
  figuresOf,
  listSeries,
  readSeries,
  reportLine,
  scoredHorizons,
  splitAt,
  walkPanel,
  type Evaluation,
  type PanelEvaluation,
  type PanelTools,
} from '../src/index.ts';

export const description =
  'errors, bands and pinball loss of every forecaster, 1 and 10 minutes ahead, beside the baselines';

const trainShare = 0.7;
/** As in the service, where it is bounded by seconds; steps give the same figures on every machine. */
const usualTuningSteps = 200;

/**
 * Lives through every series of a folder as the service would, fine-tuning and the choice of champions included, and reports
 * the last 30 %. With `--until F` only the first F of each series is used at all, and of that the last 30 % is scored:
 * `--until 0.7` is for choosing settings, since it never sees what is scored without it. `--tuning 0` leaves fine-tuning
 * out; `--model FILE` takes other weights than those that are shipped.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      only: { type: 'string', default: '' },
      until: { type: 'string', default: '1' },
      tuning: { type: 'string', default: String(usualTuningSteps) },
      model: { type: 'string' },
    },
  });
  const until = shareOf(values.until);
  const folder = resolve(values.data ?? process.env.AMADEUS_DATA ?? '../shared/data', values.data ? '.' : 'traffic');
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}; name one with minute CSVs by --data DIR.`);
  const files = listSeries(folder).filter((file) => file.includes(values.only));
  if (files.length === 0) throw new Error(`There is no CSV file in ${folder}.`);
  const { network } = await openShippedNetwork(values.model);
  const tuningSteps = Number(values.tuning);
  const trainer = tuningSteps > 0 ? await Trainer.open() : undefined;
  const tools: PanelTools = { network, tuningSteps, ...(trainer ? { trainer } : {}) };
  const results = new Map<string, PanelEvaluation>();
  for (const file of files) {
    const series = firstPart(readSeries(folder, file), until);
    const testFrom = splitAt(series, trainShare);
    process.stderr.write(
      `${series.name}: ${series.values.length} steps of ${series.stepSeconds} s, scored from ${testFrom}\n`,
    );
    const result = await walkPanel(series, testFrom, tools);
    for (const evaluation of result.evaluations) process.stderr.write(`  ${line(evaluation)}\n`);
    process.stderr.write(
      `  champion at the end: ${result.champion}; ${result.accepted} of ${result.tunings} fine-tunings accepted, ${result.tuningSeconds.toFixed(0)} s; ${result.microsecondsPerStep.toFixed(0)} us/step\n`,
    );
    results.set(series.name, result);
  }
  await trainer?.close();
  await network.close();
  const series = [...results].flatMap(([name, { evaluations }]) => figuresOf(name, evaluations));
  process.stdout.write(`${reportLine('forecast', [...series, ...figuresInAll(results)])}\n`);
}

function shareOf(text: string): number {
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw new Error(`--until is a share of each series, above 0 and at most 1, for example 0.7; it was ${text}.`);
}

function line(evaluation: Evaluation): string {
  const parts = scoredHorizons.map((h) => {
    const score = evaluation.horizons[h - 1]!;
    const [rmse, mae, pinball] = [score.rmse, score.mae, score.pinball].map((value) => value?.toPrecision(4) ?? '-');
    return `h=${h}: MAE ${mae}, RMSE ${rmse}, pinball ${pinball}, coverage ${score.coverage?.toFixed(3) ?? '-'}`;
  });
  return `${evaluation.forecaster.padEnd(15)} ${parts.join('   ')}`;
}
