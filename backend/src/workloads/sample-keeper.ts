import { isAppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import { takeChanges, type KnownSamples } from './late-minutes.ts';
import { saveFailure, saveSuccess } from './source-health-repository.ts';
import { insertSamples, selectSamplesOfPlace, type Place } from './workload-repository.ts';
import type { ReadingWindow, WorkloadSource } from './workload-sample.ts';

/** Minutes that every reading covers, so that late scrapes and a service that was away for an hour lose nothing. */
export const minutesRead = 60;
const maxNotices = 20;

type Parts = Pick<Platform, 'warehouse' | 'store' | 'clock' | 'telemetry'>;

/** Reads one source on a rhythm and keeps what is new. What it remembers only saves writing; it can be lost at any time. */
export class SampleKeeper {
  readonly source: WorkloadSource;
  readonly place: Place;
  readonly #platform: Parts;
  readonly #stepMs: number;
  #known: KnownSamples = new Map();
  #knownUntil = 0;

  constructor(platform: Parts, source: WorkloadSource, place: Place, stepMs: number) {
    this.#platform = platform;
    this.source = source;
    this.place = place;
    this.#stepMs = stepMs;
  }

  /** Reads the last hour up to the minute that has closed. A failure is recorded with what to do, not thrown. */
  async turn(signal: AbortSignal): Promise<void> {
    const { store, clock, telemetry } = this.#platform;
    const to = Math.floor(clock.now().getTime() / this.#stepMs) * this.#stepMs;
    const window = { from: new Date(to - minutesRead * this.#stepMs), to: new Date(to) };
    try {
      const reading = await this.source.read(window, signal);
      await this.#keepChanges(window, reading.samples);
      const workloads = new Set(reading.samples.map((sample) => sample.workload)).size;
      const notices = reading.notices.slice(0, maxNotices);
      await saveSuccess(store, this.place, this.source.name, {
        at: clock.now(),
        samples: reading.samples.length,
        workloads,
        notices,
      });
    } catch (error) {
      if (signal.aborted) return;
      const known = isAppError(error);
      const text = known ? error.message : String(error);
      const help = known ? error.help : 'Look into the log of the service.';
      telemetry.log.warn({ err: error, source: this.source.name }, 'workload samples could not be read');
      await saveFailure(store, this.place, this.source.name, { at: clock.now(), error: text, help });
      if (!known) throw error;
    }
  }

  async #keepChanges(window: ReadingWindow, samples: Parameters<typeof takeChanges>[1]): Promise<void> {
    const { warehouse, clock } = this.#platform;
    const from = window.from.getTime();
    // After a start, or when another process has been at it meanwhile, what is kept is the truth.
    if (this.#knownUntil < window.to.getTime() - 2 * this.#stepMs) {
      this.#known = new Map();
      const rows = await selectSamplesOfPlace(warehouse, this.place, window.from, window.to);
      takeChanges(
        this.#known,
        rows.map((row) => ({ ...row, minute: row.minute * 1000 })),
        from,
      );
    }
    this.#knownUntil = 0; // until the insert has succeeded, what is remembered may not have been kept
    await insertSamples(warehouse, this.place, takeChanges(this.#known, samples, from), clock.now());
    this.#knownUntil = window.to.getTime();
  }
}
