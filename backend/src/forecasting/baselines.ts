import type { Forecast, Forecaster } from './forecaster.ts';
import { createForecasters } from './forecasters.ts';
import { WindowBuilder, type Sample, type Window } from './lstm/window-builder.ts';

/** What is known after a minute before the network has been asked. */
export interface Step {
  minute: number;
  /** Without the effect of known events. */
  requests: number | null;
  /** What known events are expected to multiply the next ten minutes by; absent: nothing. */
  ahead?: Float64Array;
  /** What each baseline says, by id; those that cannot say anything yet are left out. */
  said: Map<string, Forecast>;
  /** What the network is to be shown; undefined where it has nothing to go by. */
  window: Window | undefined;
}

/**
 * The forecasters that need no network, and what the network is shown. It depends on the minutes alone, so that it can run
 * ahead: many minutes are taken in, the network is asked about all of them at once, and its answers are judged in order.
 */
export class Baselines {
  readonly #forecasters: readonly Forecaster[];
  readonly #builder: WindowBuilder;

  constructor(seasonMinutes: number) {
    this.#forecasters = createForecasters(seasonMinutes);
    this.#builder = new WindowBuilder(seasonMinutes);
  }

  observe(sample: Sample): Step {
    const { minute, requests } = sample;
    const said = new Map<string, Forecast>();
    for (const forecaster of this.#forecasters) {
      forecaster.observe({ minute, requests });
      const forecast = requests === null ? undefined : forecaster.forecast();
      if (forecast) said.set(forecaster.id, forecast);
    }
    this.#builder.observe(sample, {
      autoregressive: own(said.get('autoregressive')),
      seasonal: own(said.get('seasonal-naive')),
    });
    return { minute, requests, said, window: this.#builder.window() };
  }
}

/** Its medians, unless something simpler stands in. */
function own(forecast: Forecast | undefined): Float64Array | undefined {
  return forecast && forecast.fallback === undefined ? forecast.median : undefined;
}
