import { Adam } from './adam.ts';
import {
  channels,
  contextSize,
  outputSize,
  weightCount,
  weightNames,
  weightShapes,
  weightViews,
  windowMinutes,
} from './network.ts';
import { OnnxSession, type Feeds } from './onnx-runtime.ts';
import { trainingModel } from './training-graph.ts';

/** Windows of one step: minute after minute, and within a minute window after window. */
export interface Batch {
  sequence: Float32Array;
  context: Float32Array;
  /** What came, normalised as the outputs and repeated for each quantile. */
  target: Float32Array;
  /** 0 where nothing came that could be learned from. */
  weight: Float32Array;
}

export const batchSize = 64;
/** Longer gradients are shortened to this. */
const largestNorm = 1;

export function emptyBatch(): Batch {
  return {
    sequence: new Float32Array(windowMinutes * batchSize * channels),
    context: new Float32Array(batchSize * contextSize),
    target: new Float32Array(batchSize * outputSize),
    weight: new Float32Array(batchSize * outputSize),
  };
}

/** Loss and flat gradient of the network on batches of `batchSize` windows; open once, use for any weights. */
export class Trainer {
  readonly #session: OnnxSession;

  private constructor(session: OnnxSession) {
    this.#session = session;
  }

  static async open(): Promise<Trainer> {
    return new Trainer(await OnnxSession.open(trainingModel(batchSize)));
  }

  /** Mean pinball loss in units of the windows' scales, and its gradient by every weight. */
  async gradient(weights: Float32Array, batch: Batch): Promise<{ loss: number; gradient: Float32Array }> {
    const results = await this.#session.run({ ...weightFeeds(weights), ...batchFeeds(batch) });
    const gradient = new Float32Array(weightCount);
    const views = weightViews(gradient);
    for (const name of weightNames) views[name].set(results[`d${name}`]!);
    return { loss: results.loss![0]!, gradient };
  }

  /**
   * Trains `weights` in place: one step for each batch, at a rate that falls from `rate` to 0 as a cosine.
   * `report` is told the mean loss of every hundred steps; `proceed` may end it early by answering false.
   */
  async train(
    weights: Float32Array,
    batches: { steps: number; next(): Batch },
    options: {
      rate: number;
      report?(step: number, loss: number): void;
      proceed?(step: number): boolean;
    },
  ): Promise<number> {
    const adam = new Adam(weightCount);
    let sum = 0;
    for (let step = 0; step < batches.steps; step += 1) {
      if (options.proceed?.(step) === false) return step;
      const { loss, gradient } = await this.gradient(weights, batches.next());
      const rate = 0.5 * options.rate * (1 + Math.cos((Math.PI * step) / batches.steps));
      if (Number.isFinite(loss)) adam.step(weights, gradient, rate, largestNorm);
      sum += loss;
      if ((step + 1) % 100 !== 0) continue;
      options.report?.(step + 1, sum / 100);
      sum = 0;
    }
    return batches.steps;
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** The weights as what a model takes in. */
export function weightFeeds(weights: Float32Array): Feeds {
  const views = weightViews(weights);
  return Object.fromEntries(weightNames.map((name) => [name, { dims: weightShapes[name], values: views[name] }]));
}

function batchFeeds({ sequence, context, target, weight }: Batch): Feeds {
  return {
    sequence: { dims: [windowMinutes * batchSize, channels], values: sequence },
    context: { dims: [batchSize, contextSize], values: context },
    target: { dims: [batchSize, outputSize], values: target },
    weight: { dims: [batchSize, outputSize], values: weight },
  };
}
