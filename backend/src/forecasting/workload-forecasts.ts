import { ChampionContest, type Evidence } from './champion-contest.ts';
import { horizonMinutes, type Forecast } from './forecaster.ts';
import { createForecasters } from './forecasters.ts';

/** A longer silence than a day is not bridged minute by minute; the models then go on as if it had been a day. */
const longestGap = 1440;

/**
 * Everything that is believed about one workload: all forecasters with their bands, and which of them speaks for it. A pure
 * function of the minutes that it was given, so that any process can rebuild it from the samples that are kept.
 */
export class WorkloadForecasts {
  readonly #forecasters: ReturnType<typeof createForecasters>;
  readonly #contest: ChampionContest;
  /** Medians ten minutes ahead, by forecaster, of the last ten minutes. */
  readonly #pending: (number | undefined)[][];
  #lastMinute: number | undefined;

  /** `champion`: who speaks until the evidence says otherwise. */
  constructor(seasonMinutes: number, champion = 'persistence') {
    this.#forecasters = createForecasters(seasonMinutes);
    const ids = this.#forecasters.map((forecaster) => forecaster.id);
    this.#contest = new ChampionContest(ids, ids.includes(champion) ? champion : ids[0]!);
    this.#pending = Array.from({ length: horizonMinutes + 1 }, () => []);
  }

  /** Number of the last minute taken in. */
  get lastMinute(): number | undefined {
    return this.#lastMinute;
  }

  get champion(): string {
    return this.#contest.champion;
  }

  get evidence(): Evidence | undefined {
    return this.#contest.evidence;
  }

  /** Takes in a minute; those missing since the last one are gaps. Minutes that are not newer are ignored. */
  observe(minute: number, requests: number | null): void {
    const last = this.#lastMinute ?? minute - 1;
    if (minute <= last) return;
    for (let gap = Math.max(last + 1, minute - longestGap); gap < minute; gap += 1) this.#take(gap, null);
    this.#take(minute, requests);
    this.#lastMinute = minute;
  }

  /** What each forecaster says after the last minute; those that cannot say anything yet are left out. */
  forecasts(): Map<string, Forecast> {
    const said = new Map<string, Forecast>();
    for (const forecaster of this.#forecasters) {
      const forecast = forecaster.forecast();
      if (forecast) said.set(forecaster.id, forecast);
    }
    return said;
  }

  #take(minute: number, requests: number | null): void {
    const slots = this.#pending.length;
    const due = this.#pending[(((minute - horizonMinutes) % slots) + slots) % slots]!;
    if (requests !== null && due.length > 0) {
      this.#contest.add(due.map((median) => (median === undefined ? undefined : Math.abs(median - requests))));
    }
    for (const forecaster of this.#forecasters) forecaster.observe({ minute, requests });
    this.#pending[((minute % slots) + slots) % slots] =
      requests === null
        ? []
        : this.#forecasters.map((forecaster) => {
            const forecast = forecaster.forecast();
            return forecast && forecast.fallback === undefined ? forecast.median[horizonMinutes - 1] : undefined;
          });
  }
}
