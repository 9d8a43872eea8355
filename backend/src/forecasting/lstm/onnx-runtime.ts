import type * as Ort from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

type Runtime = typeof Ort;

let runtime: Promise<Runtime> | undefined;

/** ONNX Runtime, loaded when it is first needed: its library is 46 MB. */
async function load(): Promise<Runtime> {
  runtime ??= import('onnxruntime-node').then(
    (module) => (module as unknown as { default?: Runtime }).default ?? module,
  );
  return runtime;
}

export type Feeds = Record<string, { dims: readonly number[]; values: Float32Array }>;

/** One model, on one thread, so that the same numbers come out each time; runs do not hold up the event loop. */
export class OnnxSession {
  readonly #session: InferenceSession;
  readonly #tensor: Runtime['Tensor'];

  private constructor(session: InferenceSession, tensor: Runtime['Tensor']) {
    this.#session = session;
    this.#tensor = tensor;
  }

  /** @throws Error of ONNX Runtime where the bytes are no model that it can run. */
  static async open(model: Uint8Array): Promise<OnnxSession> {
    const { InferenceSession: Session, Tensor: Values } = await load();
    const session = await Session.create(model, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    });
    return new OnnxSession(session, Values);
  }

  /** Float outputs by name. */
  async run(feeds: Feeds): Promise<Record<string, Float32Array>> {
    const tensors = Object.entries(feeds).map(([name, { dims, values }]): [string, Tensor] => [
      name,
      new this.#tensor('float32', values, dims),
    ]);
    const results = await this.#session.run(Object.fromEntries(tensors));
    return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.data as Float32Array]));
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
