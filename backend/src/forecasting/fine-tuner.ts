import { Counter, Histogram } from 'prom-client';
import type { Platform } from '../platform/platform.ts';
import { keyText, type WorkloadKey } from './forecast-repository.ts';
import { Trainer, tune, type NetworkRunner } from './lstm/index.ts';
import { keptSamples, type SampleSource } from './sample-replay.ts';
import { isAccepted, readLessons } from './tuning.ts';
import { saveWeights, selectLastTuned } from './weights-repository.ts';

/** A workload with less history than this is left to the shared weights. */
const leastMinutes = 1440;

interface Shared {
  network: NetworkRunner;
  hash: string;
}

/**
 * Trains the network on single workloads' own minutes, in the background and within bounds: seconds of computing for each
 * workload and day, and a share of the time for all. Results are kept with how they were judged; the contest decides
 * whether they ever speak.
 */
export class FineTuner {
  readonly #platform: Pick<Platform, 'store' | 'clock' | 'config'>;
  readonly #source: SampleSource;
  readonly #shared: () => Promise<Shared | undefined>;
  readonly #metrics: { seconds: Histogram; results: Counter<'result'> };
  #trainer: Promise<Trainer> | undefined;

  constructor(
    platform: Pick<Platform, 'store' | 'clock' | 'config' | 'telemetry'>,
    source: SampleSource,
    shared: () => Promise<Shared | undefined>,
  ) {
    this.#platform = platform;
    this.#source = source;
    this.#shared = shared;
    const registers = [platform.telemetry.metrics];
    this.#metrics = {
      seconds: new Histogram({
        name: 'amadeus_forecast_tuning_seconds',
        help: 'Computing time of one fine-tuning of one workload',
        buckets: [0.5, 1, 2, 5, 10, 20, 60],
        registers,
      }),
      results: new Counter({
        name: 'amadeus_forecast_tunings_total',
        help: 'Fine-tunings of single workloads, by whether their weights were accepted',
        labelNames: ['result'],
        registers,
      }),
    };
  }

  /** Fine-tunes those of `keys` whose turn it is, for as long as a turn may take; `drifting` ones need not wait for a day. */
  async turn(keys: readonly WorkloadKey[], drifting: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { clock, store, config } = this.#platform;
    const shared = await this.#shared();
    if (!shared || config.forecasting.tuning.secondsPerDay === 0) return;
    const now = clock.now().getTime();
    const dayMs = 1440 * this.#source.stepMs;
    const last = await selectLastTuned(store, new Date(now - dayMs));
    const due = keys.filter((key) => {
      const at = last.get(keyText(key));
      return at === undefined || (drifting.has(keyText(key)) && now - at > dayMs / 8);
    });
    let spent = 0;
    for (const key of due) {
      if (signal.aborted || spent >= config.forecasting.tuning.secondsPerTurn) return;
      spent += await this.#tune(key, shared, signal);
    }
  }

  async close(): Promise<void> {
    await (await this.#trainer)?.close();
    this.#trainer = undefined;
  }

  /** Returns the seconds it took. */
  async #tune(key: WorkloadKey, { network, hash }: Shared, signal: AbortSignal): Promise<number> {
    const { clock, store, config } = this.#platform;
    const { stepMs } = this.#source;
    const { days, secondsPerDay, steps } = config.forecasting.tuning;
    const began = process.cpuUsage();
    const seconds = (): number => {
      const { user, system } = process.cpuUsage(began);
      return (user + system) / 1e6;
    };
    const to = clock.now();
    const from = new Date(to.getTime() - days * 1440 * stepMs);
    const samples = keptSamples(this.#source, key, { from, to }, signal);
    const read = await readLessons(samples, config.forecasting.seasonMinutes, days * 1440);
    const result =
      read && read.last - read.first >= leastMinutes
        ? await tune(await (this.#trainer ??= Trainer.open()), network.weights, read.lessons, {
            steps,
            proceed: () => !signal.aborted && seconds() < secondsPerDay,
          })
        : undefined;
    if (signal.aborted) return seconds();
    const isBetter = result !== undefined && isAccepted(result);
    this.#metrics.results.inc({ result: result ? (isBetter ? 'accepted' : 'rejected') : 'too-short' });
    this.#metrics.seconds.observe(seconds());
    await saveWeights(store, {
      ...key,
      base: hash,
      weights: isBetter ? result.weights : null,
      trainedFrom: new Date((read?.first ?? 0) * stepMs),
      trainedUntil: new Date((read?.last ?? 0) * stepMs),
      lessons: read?.lessons.length ?? 0,
      steps: result?.steps ?? 0,
      seconds: seconds(),
      lossBefore: result?.lossBefore ?? 0,
      lossAfter: result?.lossAfter ?? 0,
      createdAt: clock.now(),
    });
    return seconds();
  }
}
