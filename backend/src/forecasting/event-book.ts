import type { Platform } from '../platform/platform.ts';
import { selectEffects, selectEvents } from './event-repository.ts';
import type { ExpectedEffect } from './event-strength.ts';
import { keyText, type WorkloadKey } from './forecast-repository.ts';
import { expectedRatio, type EventEffect, type KnownEvent } from './known-event.ts';

const eventsRead = 5000;
const effectsRead = 20_000;
/** Minutes around an event in which it may have an effect. */
const marginMinutes = 90;
const largest = 100;

interface Planned {
  event: KnownEvent;
  effects: readonly EventEffect[];
}

/** The events of all tenants around now, with what earlier ones of their names did, read anew for every turn. */
export class EventBook {
  readonly #platform: Pick<Platform, 'store' | 'clock'>;
  readonly #stepMs: number;
  #events: readonly KnownEvent[] = [];
  #effects: readonly (EventEffect & WorkloadKey)[] = [];

  constructor(platform: Pick<Platform, 'store' | 'clock'>, stepMs: number) {
    this.#platform = platform;
    this.#stepMs = stepMs;
  }

  /** Reads the events that run between `from` and `to` (a day from now where it is absent). */
  async read(from: Date, to = new Date(this.#platform.clock.now().getTime() + 1440 * this.#stepMs)): Promise<void> {
    const { store } = this.#platform;
    const since = new Date(from.getTime() - 2 * marginMinutes * this.#stepMs);
    this.#events = await selectEvents(store, { from: since, to, limit: eventsRead });
    const names = [...new Set(this.#events.map(({ name }) => name))];
    this.#effects = (await selectEffects(store, names, effectsRead)).filter(({ ratios }) => ratios.length > 0);
  }

  /** What is to be expected of a workload; undefined where no event touches it. */
  effectOn(key: WorkloadKey): ExpectedEffect | undefined {
    const planned = this.planned(key);
    if (planned.length === 0) return undefined;
    const stepMs = this.#stepMs;
    return (knownAt, minute) => {
      let product = 1;
      for (const { event, effects } of planned) {
        const at = minute * stepMs;
        if (event.knownSince.getTime() > (knownAt + 1) * stepMs) continue;
        if (at < event.startsAt.getTime() - marginMinutes * stepMs) continue;
        if (at > event.endsAt.getTime() + marginMinutes * stepMs) continue;
        const offset = minute - Math.floor(event.startsAt.getTime() / stepMs);
        product *= expectedRatio(event, effects, offset, stepMs);
      }
      return Math.min(largest, Math.max(1 / largest, product));
    };
  }

  /** Events that touch a workload and of whose effect something is known, and those effects. */
  planned(key: WorkloadKey): Planned[] {
    return this.#events
      .filter(({ tenant, workload }) => tenant === key.tenant && (workload === null || workload === key.workload))
      .map((event) => ({
        event,
        effects: this.#effects.filter((effect) => effect.name === event.name && keyText(effect) === keyText(key)),
      }))
      .filter(({ event, effects }) => event.ratio !== null || effects.length > 0);
  }
}
