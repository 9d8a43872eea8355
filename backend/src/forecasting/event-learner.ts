import type { Platform } from '../platform/platform.ts';
import type { WorkloadsRoom } from '../workloads/index.ts';
import { effectLead, effectTail, learnEffect, referenceDays } from './event-learning.ts';
import { saveEffect, selectEvents, selectLearned } from './event-repository.ts';
import type { WorkloadKey } from './forecast-repository.ts';
import type { KnownEvent } from './known-event.ts';
import { keptSamples } from './sample-replay.ts';

/** Events that ended longer ago than this are not looked at any more. */
const lookBackDays = 14;
const eventsRead = 500;
/** Effects that one turn learns at most: each reads a week of minutes. */
const perTurn = 50;

/** Learns what events did once they are over, workload by workload, so that the next one of the name is foreseen. */
export class EventLearner {
  readonly #platform: Pick<Platform, 'store' | 'clock' | 'config'>;
  readonly #source: Pick<WorkloadsRoom, 'samples' | 'stepMs'>;

  constructor(
    platform: Pick<Platform, 'store' | 'clock' | 'config'>,
    source: Pick<WorkloadsRoom, 'samples' | 'stepMs'>,
  ) {
    this.#platform = platform;
    this.#source = source;
  }

  /** Returns the number of effects that were learned; `keys`: the workloads that there are. */
  async turn(keys: readonly WorkloadKey[], signal: AbortSignal): Promise<number> {
    const { store, clock } = this.#platform;
    const { stepMs } = this.#source;
    const now = clock.now().getTime();
    const from = new Date(now - lookBackDays * 1440 * stepMs);
    const all = await selectEvents(store, { from, to: new Date(now), limit: eventsRead });
    const over = all.filter(({ endsAt }) => endsAt.getTime() + (effectTail + 1) * stepMs <= now);
    const learned = await selectLearned(
      store,
      over.map(({ id }) => id),
    );
    let count = 0;
    for (const event of over) {
      for (const key of keys) {
        if (signal.aborted || count >= perTurn) return count;
        if (!touches(event, key) || learned.has(`${key.tenant} ${event.id} ${key.region} ${key.workload}`)) continue;
        const ratios = await this.#learn(event, all, key, signal);
        await saveEffect(store, event, { ...key, lead: effectLead, ratios: ratios ?? [] }, clock.now());
        count += 1;
      }
    }
    return count;
  }

  async #learn(
    event: KnownEvent,
    all: readonly KnownEvent[],
    key: WorkloadKey,
    signal: AbortSignal,
  ): Promise<number[] | undefined> {
    const { stepMs } = this.#source;
    const season = this.#platform.config.forecasting.seasonMinutes;
    const minuteOf = (at: Date): number => Math.floor(at.getTime() / stepMs);
    const [start, end] = [minuteOf(event.startsAt), minuteOf(event.endsAt)];
    const requests = new Map<number, number>();
    const range = {
      from: new Date((start - referenceDays * season - 120) * stepMs),
      to: new Date((end + effectTail) * stepMs),
    };
    for await (const sample of keptSamples(this.#source, key, range, signal)) {
      if (sample.requests !== null) requests.set(sample.minute, sample.requests);
    }
    const others = all
      .filter((other) => touches(other, key))
      .map((other) => [minuteOf(other.startsAt) - effectLead, minuteOf(other.endsAt) + effectTail] as const);
    const isSpecial = (minute: number): boolean => others.some(([first, last]) => minute >= first && minute < last);
    return learnEffect((minute) => requests.get(minute), { start, end }, { season, isSpecial });
  }
}

const touches = ({ tenant, workload }: KnownEvent, key: WorkloadKey): boolean =>
  tenant === key.tenant && (workload === null || workload === key.workload);
