import { horizonMinutes } from '../forecaster.ts';
import type { Constant } from './onnx-model.ts';

/** Minutes that the network looks back over. */
export const windowMinutes = 60;
/** What it sees of each of these minutes; see `window-builder.ts`. */
export const channels = 8;
/** What it sees of the moment of issue as a whole. */
export const contextSize = 36;
export const hiddenSize = 32;
const headSize = 32;
/** Quantiles of each of the ten minutes that it predicts: the median and the ends of an 80 % band. */
export const quantileLevels = [0.5, 0.1, 0.9] as const;
export const outputSize = quantileLevels.length * horizonMinutes;
const gates = 4 * hiddenSize;
const joined = hiddenSize + contextSize;

/**
 * The weights, in the order in which they lie in one flat array. `W`, `R`, `B`: the LSTM, gates in ONNX's order (input,
 * output, forget, cell). `H*`: a hidden layer over the last state and the context. `O*`: from it to the outputs, `S`: past it.
 */
export const weightShapes = {
  W: [gates, channels],
  R: [gates, hiddenSize],
  B: [gates],
  HW: [headSize, joined],
  HB: [headSize],
  OW: [outputSize, headSize],
  OB: [outputSize],
  S: [outputSize, joined],
} as const;
export type WeightName = keyof typeof weightShapes;
export const weightNames = Object.keys(weightShapes) as WeightName[];

const sizeOf = (name: WeightName): number => weightShapes[name].reduce((product, size) => product * size, 1);
export const weightCount = weightNames.reduce((sum, name) => sum + sizeOf(name), 0);

/** Views into a flat array of all weights. @throws RangeError where its length is not `weightCount`. */
export function weightViews(flat: Float32Array): Record<WeightName, Float32Array> {
  if (flat.length !== weightCount) {
    throw new RangeError(`The network has ${weightCount} weights, these are ${flat.length}.`);
  }
  let at = 0;
  const views = weightNames.map((name) => [name, flat.subarray(at, (at += sizeOf(name)))] as const);
  return Object.fromEntries(views) as Record<WeightName, Float32Array>;
}

/** The weights as constants of a graph. */
export function weightConstants(flat: Float32Array): Constant[] {
  const views = weightViews(flat);
  return weightNames.map((name) => ({ name, dims: weightShapes[name], values: views[name] }));
}

/**
 * Weights to begin with: uniform in +-1/sqrt(fan-in) from `random` (in [0, 1)), forget gates open (bias 1), and the layers
 * that give the answer at zero, so that training begins with "as the last minute".
 */
export function initialWeights(random: () => number): Float32Array {
  const flat = new Float32Array(weightCount);
  const views = weightViews(flat);
  const fill = (name: WeightName, fanIn: number): void => {
    const view = views[name];
    for (let i = 0; i < view.length; i += 1) view[i] = (2 * random() - 1) / Math.sqrt(fanIn);
  };
  fill('W', channels);
  fill('R', hiddenSize);
  fill('HW', joined);
  views.B.fill(1, 2 * hiddenSize, 3 * hiddenSize);
  return flat;
}
