import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inferenceModel, openModel } from './inference-graph.ts';
import {
  channels,
  contextSize,
  initialWeights,
  outputSize,
  weightCount,
  weightNames,
  weightViews,
  windowMinutes,
} from './network.ts';
import { decodeModel } from './onnx-model.ts';
import { OnnxSession } from './onnx-runtime.ts';
import { seededRandom } from './random.ts';
import { batchSize, emptyBatch, Trainer, weightFeeds, type Batch } from './trainer.ts';

const random = seededRandom(11);
const uniform = (): number => 2 * random() - 1;

/** Weights of which none is zero, so that every gradient has something to say. */
function someWeights(): Float32Array {
  return initialWeights(random).map((weight) => weight + 0.2 * uniform());
}

function someBatch(): Batch {
  const batch = emptyBatch();
  for (const name of ['sequence', 'context', 'target'] as const) batch[name].set(batch[name].map(uniform));
  batch.target.set(batch.target.map((value) => 3 * value));
  batch.weight.set(batch.weight.map(() => (random() < 0.9 ? 1 : 0)));
  return batch;
}

let trainer: Trainer;
beforeAll(async () => {
  trainer = await Trainer.open();
});
afterAll(() => trainer.close());

describe('the gradient that the training graph gives', () => {
  const weights = someWeights();
  const batch = someBatch();
  const lossAt = async (direction: Float32Array, step: number): Promise<number> => {
    const moved = weights.map((weight, i) => weight + step * direction[i]!);
    return (await trainer.gradient(moved, batch)).loss;
  };

  /** Derivative along a direction by the gradient, and by the loss on either side. */
  async function alongBoth(direction: Float32Array): Promise<[number, number]> {
    const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    const unit = direction.map((value) => value / norm);
    const { gradient } = await trainer.gradient(weights, batch);
    const expected = gradient.reduce((sum, value, i) => sum + value * unit[i]!, 0);
    const step = 0.02;
    // Richardson: the error of the double-sided difference is of the fourth power of the step then.
    const [far, near] = [step, step / 2].map(
      async (h) => ((await lossAt(unit, h)) - (await lossAt(unit, -h))) / (2 * h),
    );
    return [expected, (4 * (await near!) - (await far!)) / 3];
  }

  test.each(weightNames)('agrees with differences on both sides along the weights of %s', async (name) => {
    const { gradient } = await trainer.gradient(weights, batch);
    const direction = new Float32Array(weightCount);
    weightViews(direction)[name].set(weightViews(gradient)[name]);
    const [byGradient, byDifference] = await alongBoth(direction);
    expect(Math.abs(byDifference / byGradient - 1)).toBeLessThan(5e-3);
  });

  test.each([1, 2, 3])('agrees with them along a direction of all weights at random (%d)', async () => {
    const { gradient } = await trainer.gradient(weights, batch);
    const size = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    const direction = gradient.map((value) => value + (size / Math.sqrt(weightCount)) * uniform());
    const [byGradient, byDifference] = await alongBoth(direction);
    expect(Math.abs(byDifference / byGradient - 1)).toBeLessThan(5e-3);
  });
});

describe('the model with the LSTM operator', () => {
  const feeds = ({ sequence, context }: Batch) => ({
    sequence: { dims: [windowMinutes, batchSize, channels], values: sequence },
    context: { dims: [batchSize, contextSize], values: context },
  });
  /** The loss by hand, from quantiles as the model gives them. */
  function lossOf(quantiles: Float32Array, { target, weight }: Batch): number {
    const levels = [0.5, 0.1, 0.9];
    let sum = 0;
    for (const [i, predicted] of quantiles.entries()) {
      const level = levels[Math.floor((i % outputSize) / 10)]!;
      const missed = target[i]! - predicted;
      sum += weight[i]! * Math.max(level * missed, (level - 1) * missed);
    }
    return sum / quantiles.length;
  }

  test('says what the graph of plain operators says', async () => {
    const weights = someWeights();
    const batch = someBatch();
    const session = await OnnxSession.open(inferenceModel(weights));
    const { quantiles } = await session.run(feeds(batch));
    await session.close();
    const { loss } = await trainer.gradient(weights, batch);
    expect(Math.abs(lossOf(quantiles!, batch) / loss - 1)).toBeLessThan(1e-5);
  });

  test('takes the weights of a single workload with a run', async () => {
    const own = someWeights();
    const batch = someBatch();
    const session = await OnnxSession.open(openModel());
    const { quantiles } = await session.run({ ...feeds(batch), ...weightFeeds(own) });
    await session.close();
    const { loss } = await trainer.gradient(own, batch);
    expect(Math.abs(lossOf(quantiles!, batch) / loss - 1)).toBeLessThan(1e-5);
  });

  test('keeps its weights and where they come from', () => {
    const weights = someWeights();
    const { constants, metadata } = decodeModel(inferenceModel(weights, { seed: '7' }));
    for (const name of weightNames) expect(constants.get(name)).toEqual(weightViews(weights)[name]);
    expect(metadata).toEqual({ seed: '7' });
  });
});

describe('training', () => {
  /** What comes lies two scales above the last value, give or take one. */
  async function train(): Promise<{ weights: Float32Array; losses: number[] }> {
    const made = seededRandom(5);
    const losses: number[] = [];
    const next = (): Batch => {
      const batch = emptyBatch();
      batch.weight.fill(1);
      batch.sequence.set(batch.sequence.map(() => 2 * made() - 1));
      batch.target.set(batch.target.map(() => 2 + 2 * made() - 1));
      return batch;
    };
    const weights = initialWeights(seededRandom(1));
    const steps = await trainer.train(
      weights,
      { steps: 40, next },
      { rate: 0.03, report: (_, loss) => losses.push(loss) },
    );
    expect(steps).toBe(40);
    losses.push((await trainer.gradient(weights, next())).loss);
    return { weights, losses };
  }

  test('learns what can be learned, and the same each time', async () => {
    const first = await train();
    // The best that quantiles of 0.1, 0.5 and 0.9 can reach for a uniform of width 2 is (0.09 + 0.25 + 0.09) / 3.
    expect(first.losses.at(-1)).toBeLessThan(0.2);
    expect((await train()).weights).toEqual(first.weights);
  });

  test('ends early when it is told to', async () => {
    const steps = await trainer.train(
      initialWeights(random),
      { steps: 40, next: someBatch },
      { rate: 0.01, proceed: (step) => step < 2 },
    );
    expect(steps).toBe(2);
  });
});
