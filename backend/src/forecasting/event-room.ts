import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Loop, Platform } from '../platform/platform.ts';
import type { WorkloadsRoom } from '../workloads/index.ts';
import { eventOfAnnotation } from './annotation.ts';
import { readAnnotations } from './annotations-client.ts';
import { EventBook } from './event-book.ts';
import type { Annotation, EventView } from './event-contract.ts';
import { EventDesk } from './event-desk.ts';
import { EventLearner } from './event-learner.ts';
import { findEvent, selectEffects } from './event-repository.ts';
import { eventRoutes } from './event-routes.ts';
import { keyText, type WorkloadKey } from './forecast-repository.ts';
import { expectedRatio, type EventEffect, type KnownEvent } from './known-event.ts';

/** An event that is coming or running, and what is expected of it, minute by minute. */
export interface UpcomingEvent {
  id: string;
  name: string;
  startsAt: Date;
  endsAt: Date;
  /** From a quarter of an hour before its start to an hour after its end: traffic as a multiple of the usual. */
  expected: { minute: Date; ratio: number }[];
  /** Earlier events of the name that it was learned from; 0: what people said. */
  learnedFrom: number;
}

/** What other rooms may ask about known events. */
export interface Events {
  /** Events that touch a workload at some time in [from, to) and of whose effect something is known, by their start. */
  upcoming(key: WorkloadKey, range: { from: Date; to: Date }): Promise<UpcomingEvent[]>;
  /** All events of the caller's tenant in [from, to). */
  list(range: { from: Date; to: Date; workload?: string }, scope: Scope): Promise<KnownEvent[]>;
}

const effectsShown = 5000;
const annotationsEveryMs = 60_000;
const learnEveryMs = 600_000;
const [leadMinutes, tailMinutes] = [15, 60];

/** Known events: what people, files and Grafana say is coming, and what earlier ones of the name did. */
export class EventRoom {
  readonly book: EventBook;
  readonly #platform: Platform;
  readonly #stepMs: number;
  readonly #desk: EventDesk;
  readonly #learner: EventLearner;
  readonly #keys: () => Promise<WorkloadKey[]>;

  /** `keys`: the workloads that there are. */
  constructor(platform: Platform, workloads: WorkloadsRoom, keys: () => Promise<WorkloadKey[]>) {
    this.#platform = platform;
    this.#stepMs = workloads.stepMs;
    this.book = new EventBook(platform, workloads.stepMs);
    this.#desk = new EventDesk(platform, async (scope) => {
      if (scope.regions === 'all') return () => true;
      const seen = new Set((await workloads.workloads(scope)).map(({ workload }) => workload));
      return (workload) => seen.has(workload);
    });
    this.#learner = new EventLearner(platform, workloads);
    this.#keys = keys;
  }

  readonly events: Events = {
    upcoming: (key, range) => this.#upcoming(key, range),
    list: (range, scope) => this.#desk.list(range, scope),
  };

  start(): Promise<void> {
    return this.#desk.adoptConfigured();
  }

  routes(app: App): void {
    eventRoutes(app, {
      desk: this.#desk,
      learned: (names, scope) => this.#learned(names, scope),
      adoptAnnotation: (annotation, scope) => this.#adoptAnnotation(annotation, scope),
      clock: this.#platform.clock,
    });
  }

  /** Learns what the events did that are over now. */
  async learn(signal: AbortSignal): Promise<number> {
    return this.#learner.turn(await this.#keys(), signal);
  }

  /** Reads the annotations of Grafana; those that are gone there are deleted here. */
  async readAnnotations(signal: AbortSignal): Promise<void> {
    const read = await readAnnotations(this.#platform, signal);
    if (!read) return;
    const named = read.annotations.flatMap((annotation) => eventOfAnnotation(annotation) ?? []);
    const home = named.map((event) => ({ ...event, tenant: 'default' }));
    // Only what lies in the range that was read can be missing from it.
    const isGone = ({ tenant, startsAt, endsAt }: KnownEvent): boolean =>
      tenant === 'default' && startsAt < read.to && endsAt > read.from;
    await this.#desk.adopt(home, 'grafana', isGone);
  }

  get loops(): Loop[] {
    return [
      {
        name: 'event-annotations',
        everyMs: annotationsEveryMs,
        offsetMs: 20_000,
        run: (signal) => this.readAnnotations(signal),
      },
      {
        name: 'event-learning',
        everyMs: learnEveryMs,
        offsetMs: 50_000,
        run: async (signal) => {
          await this.learn(signal);
        },
      },
    ];
  }

  async #adoptAnnotation(annotation: Annotation, scope: Scope): Promise<KnownEvent | undefined> {
    const event = eventOfAnnotation(annotation);
    if (!event) return undefined;
    await this.#desk.adopt([{ ...event, tenant: scope.tenant }], 'grafana', () => false);
    return findEvent(this.#platform.store, scope.tenant, event.id);
  }

  async #learned(names: readonly string[], scope: Scope): Promise<Map<string, EventView['learned']>> {
    const effects = await selectEffects(this.#platform.store, names, effectsShown);
    const visible = effects.filter(
      ({ tenant, region, ratios }) =>
        tenant === scope.tenant && ratios.length > 0 && (scope.regions === 'all' || scope.regions.includes(region)),
    );
    const grouped = Map.groupBy(visible, ({ name }) => name);
    return new Map([...grouped].map(([name, of]) => [name, learnedOf(of)]));
  }

  async #upcoming(key: WorkloadKey, { from, to }: { from: Date; to: Date }): Promise<UpcomingEvent[]> {
    const book = new EventBook(this.#platform, this.#stepMs);
    await book.read(from, to);
    return book
      .planned(key)
      .filter(({ event }) => event.startsAt < to && event.endsAt > from)
      .map(({ event, effects }) => {
        const start = Math.floor(event.startsAt.getTime() / this.#stepMs);
        const length = Math.ceil((event.endsAt.getTime() - event.startsAt.getTime()) / this.#stepMs);
        const offsets = Array.from({ length: leadMinutes + length + tailMinutes }, (_, index) => index - leadMinutes);
        return {
          id: event.id,
          name: event.name,
          startsAt: event.startsAt,
          endsAt: event.endsAt,
          expected: offsets.map((offset) => ({
            minute: new Date((start + offset) * this.#stepMs),
            ratio: expectedRatio(event, effects, offset, this.#stepMs),
          })),
          learnedFrom: effects.filter(({ startsAt }) => startsAt < event.startsAt).length,
        };
      });
  }
}

/** The mean effect of each workload: its largest multiple, and when it is. */
function learnedOf(effects: readonly (EventEffect & WorkloadKey)[]): EventView['learned'] {
  const byWorkload = Map.groupBy(effects, (effect) => keyText(effect));
  return [...byWorkload.values()].map((of) => {
    const { workload, region, lead } = of[0]!;
    const length = Math.max(...of.map(({ ratios }) => ratios.length));
    const mean = Array.from({ length }, (_, index) => {
      const values = of.map(({ ratios }) => ratios[index] ?? 1);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
    const at = mean.reduce((best, value, index) => (value > mean[best]! ? index : best), 0);
    return { workload, region, events: of.length, peak: Number(mean[at]!.toFixed(3)), peakMinute: at - lead };
  });
}
