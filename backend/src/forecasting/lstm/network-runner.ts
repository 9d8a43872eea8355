import { channels, contextSize, outputSize, weightNames, windowMinutes } from './network.ts';
import { inferenceModel, openModel } from './inference-graph.ts';
import { decodeModel } from './onnx-model.ts';
import { OnnxSession, type Feeds } from './onnx-runtime.ts';
import { weightFeeds } from './trainer.ts';
import type { Window } from './window-builder.ts';

/** Windows that one run takes at most: memory stays small, and others get their turn in between. */
const windowsAtOnce = 512;

/** Runs the network on many windows at once: with the weights that all workloads share, or with a workload's own. */
export class NetworkRunner {
  /** The weights of the file that was opened. */
  readonly weights: Float32Array;
  readonly #shared: OnnxSession;
  readonly #open: OnnxSession;

  private constructor(weights: Float32Array, shared: OnnxSession, open: OnnxSession) {
    this.weights = weights;
    this.#shared = shared;
    this.#open = open;
  }

  /** @throws Error where the bytes are no model of this network, or ONNX Runtime cannot run here. */
  static async open(model: Uint8Array): Promise<NetworkRunner> {
    const weights = weightsOf(model);
    return new NetworkRunner(weights, await OnnxSession.open(model), await OnnxSession.open(openModel()));
  }

  static ofWeights(weights: Float32Array): Promise<NetworkRunner> {
    return NetworkRunner.open(inferenceModel(weights));
  }

  /** Answers (`outputSize` numbers each) to windows, in their order; with `weights` of a workload's own where given. */
  async answer(windows: readonly Window[], weights?: Float32Array): Promise<Float32Array[]> {
    const answers: Float32Array[] = [];
    const session = weights ? this.#open : this.#shared;
    for (let start = 0; start < windows.length; start += windowsAtOnce) {
      const part = windows.slice(start, start + windowsAtOnce);
      const { quantiles } = await session.run({ ...feedsOf(part), ...(weights ? weightFeeds(weights) : {}) });
      for (const index of part.keys()) {
        answers.push(quantiles!.slice(index * outputSize, (index + 1) * outputSize));
      }
    }
    return answers;
  }

  async close(): Promise<void> {
    await this.#shared.close();
    await this.#open.close();
  }
}

/** All weights of a model's file, in one array. @throws Error where one is missing or of another shape. */
function weightsOf(model: Uint8Array): Float32Array {
  const { constants } = decodeModel(model);
  const parts = weightNames.map((name) => {
    const values = constants.get(name);
    if (!values) throw new Error(`The model file has no weights ${JSON.stringify(name)}; train it again.`);
    return values;
  });
  const flat = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    flat.set(part, at);
    at += part.length;
  }
  // Throws where the file was trained for a network of another shape.
  weightFeeds(flat);
  return flat;
}

function feedsOf(windows: readonly Window[]): Feeds {
  const n = windows.length;
  const sequence = new Float32Array(windowMinutes * n * channels);
  const context = new Float32Array(n * contextSize);
  for (const [index, window] of windows.entries()) {
    for (let t = 0; t < windowMinutes; t += 1) {
      const from = t * channels;
      sequence.set(window.sequence.subarray(from, from + channels), (t * n + index) * channels);
    }
    context.set(window.context, index * contextSize);
  }
  return {
    sequence: { dims: [windowMinutes, n, channels], values: sequence },
    context: { dims: [n, contextSize], values: context },
  };
}
