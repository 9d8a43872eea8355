import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  drawBatches,
  inferenceModel,
  initialWeights,
  seededRandom,
  Trainer,
  type Lesson,
} from '@amadeus/backend/forecasting';
import { readLessons } from './read-lessons.ts';
import { firstPart, listSeries, readSeries, splitAt } from './index.ts';

// `npm run train -w models -- --data DIR`: pre-trains the network on the first 70 % of every series of a folder and writes
// the weights. The same seed and data give the same file on the same kind of processor; its hash is printed.

const trainShare = 0.7;
const windowsPerSeries = 12_000;
const shipped = fileURLToPath(new URL('../weights/traffic-lstm.onnx', import.meta.url));

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string', default: shipped },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '15000' },
    rate: { type: 'string', default: '0.003' },
    until: { type: 'string', default: '1' },
    skip: { type: 'string', default: '' },
  },
});
const folder = resolve(values.data ?? process.env.AMADEUS_DATA ?? '../shared/data', values.data ? '.' : 'traffic');
if (!existsSync(folder)) {
  process.stderr.write(`There is no folder ${folder}; name one with minute CSVs by --data DIR.\n`);
  process.exit(2);
}
const seed = Number(values.seed);
const steps = Number(values.steps);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Windows of each series, from its first 70 % only. `--until F` keeps to the first F of each series, to choose settings by. */
function readAll(): Lesson[][] {
  const files = listSeries(folder).filter((file) => values.skip === '' || !file.includes(values.skip));
  return files.map((file) => {
    const series = firstPart(readSeries(folder, file), Number(values.until));
    const lessons = readLessons(series, splitAt(series, trainShare), windowsPerSeries);
    say(`${series.name}: ${lessons.length} windows`);
    return lessons;
  });
}

const random = seededRandom(seed);
const lessons = readAll();
const weights = initialWeights(random);
const trainer = await Trainer.open();
const next = drawBatches(lessons, random, {
  time: 0.5,
  season: 0.15,
  autoregressive: 0.1,
  companions: 0.3,
  past: 0.03,
});
await trainer.train(
  weights,
  { steps, next },
  {
    rate: Number(values.rate),
    report: (step, loss) => {
      if (step % 1000 === 0) say(`step ${step} of ${steps}: loss ${loss.toFixed(4)}`);
    },
  },
);
await trainer.close();
const model = inferenceModel(weights, {
  seed: values.seed,
  steps: values.steps,
  windows: String(lessons.reduce((sum, one) => sum + one.length, 0)),
});
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, model);
process.stdout.write(`${values.out}\nsha256 ${createHash('sha256').update(model).digest('hex')}\n`);
