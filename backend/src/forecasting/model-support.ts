import type { Platform } from '../platform/platform.ts';
import type { TunedWeights } from './conclude-steps.ts';
import type { ForecastSupport } from './forecast-issuer.ts';
import { keyText } from './forecast-repository.ts';
import type { NetworkRunner } from './lstm/index.ts';
import { openShippedNetwork } from './model-file.ts';
import { selectWeightsSince } from './weights-repository.ts';

type Shared = { network: NetworkRunner; hash: string };

/** The shared network, opened when it is first asked for, and the tuned weights as they come to be. */
export class ModelSupport implements Omit<ForecastSupport, 'events'> {
  readonly #platform: Pick<Platform, 'store' | 'config' | 'telemetry'>;
  readonly #stepMs: number;
  readonly #tuned = new Map<string, TunedWeights>();
  #shared: Promise<Shared | undefined> | undefined;
  #newest = new Date(0);

  constructor(platform: Pick<Platform, 'store' | 'config' | 'telemetry'>, stepMs: number) {
    this.#platform = platform;
    this.#stepMs = stepMs;
  }

  /** Undefined where the network cannot run on this machine; the log says why, once. */
  async shared(): Promise<Shared | undefined> {
    this.#shared ??= openShippedNetwork().catch((error: unknown) => {
      this.#platform.telemetry.log.warn(
        { err: error },
        'The network cannot run here: forecasts are made by the baselines alone. Check that models/weights is there and that ONNX Runtime has a build for this platform.',
      );
      return undefined;
    });
    return this.#shared;
  }

  async network(): Promise<NetworkRunner | undefined> {
    return (await this.shared())?.network;
  }

  /** Those that were accepted, of every workload; what other processes have trained meanwhile is read in. */
  async tuned(): Promise<ReadonlyMap<string, TunedWeights>> {
    const shared = await this.shared();
    if (!shared) return this.#tuned;
    const { store, config } = this.#platform;
    const rows = await selectWeightsSince(store, shared.hash, this.#newest, config.forecasting.maxWorkloads);
    for (const row of rows) {
      this.#tuned.set(keyText(row), { weights: row.weights, until: row.trainedUntil.getTime() / this.#stepMs });
      if (row.createdAt > this.#newest) this.#newest = row.createdAt;
    }
    // Workloads that are gone leave; those that come back are read anew with the next start.
    for (const name of [...this.#tuned.keys()].slice(
      0,
      Math.max(0, this.#tuned.size - config.forecasting.maxWorkloads),
    )) {
      this.#tuned.delete(name);
    }
    return this.#tuned;
  }

  async close(): Promise<void> {
    await (await this.#shared)?.network.close();
    this.#shared = undefined;
  }
}
