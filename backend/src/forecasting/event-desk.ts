import { randomBytes } from 'node:crypto';
import { AppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Audit } from '../platform/audit/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Store } from '../platform/store/index.ts';
import { checkedEvent, type EventInput, type KnownEvent } from './known-event.ts';
import { countEvents, deleteEvent, findEvent, selectByOrigin, selectEvents, upsertEvent } from './event-repository.ts';

const maxEvents = 2000;
const listed = 1000;

/** Who acts, and with which request. */
export type EventActor = Pick<Caller, 'id' | 'name' | 'scope'> & { traceId?: string };

/** Which workloads somebody sees; an event that is about another one is kept from them, and its name with it. */
export type SeenBy = (scope: Scope) => Promise<(workload: string) => boolean>;

type Ground = Pick<Platform, 'store' | 'clock' | 'config'> & { audit: Pick<Audit, 'record'> };

/** What people do to known events. What is written and its audit stand or fall together. */
export class EventDesk {
  readonly #platform: Ground;
  readonly #seenBy: SeenBy;

  constructor(platform: Ground, seenBy: SeenBy) {
    this.#platform = platform;
    this.#seenBy = seenBy;
  }

  /** Events that run at some time in [from, to), by their start. */
  async list({ from, to, workload }: { from: Date; to: Date; workload?: string }, scope: Scope): Promise<KnownEvent[]> {
    const sees = await this.#seenBy(scope);
    const events = await selectEvents(this.#platform.store, { tenant: scope.tenant, from, to, limit: listed });
    return events.filter(
      (event) =>
        event.workload === null || ((workload === undefined || event.workload === workload) && sees(event.workload)),
    );
  }

  /** @throws AppError NOT_FOUND */
  async get(id: string, scope: Scope): Promise<KnownEvent> {
    return this.#found(this.#platform.store, id, scope);
  }

  /** @throws AppError VALIDATION_FAILED, UNPROCESSABLE where there are too many. */
  async create(input: EventInput, actor: EventActor, reason?: string): Promise<KnownEvent> {
    const { tenant } = actor.scope;
    await this.#checkWorkload(input, actor.scope);
    const id = `e-${randomBytes(6).toString('hex')}`;
    const event = { ...checkedEvent(input), tenant, id, origin: 'api' as const, createdBy: by(actor) };
    await this.#platform.store.transaction(async (tx) => {
      if ((await countEvents(tx, tenant, this.#platform.clock.now())) >= maxEvents) {
        throw new AppError('UNPROCESSABLE', `There are ${maxEvents} events ahead already; delete some first.`);
      }
      await this.#write(tx, undefined, event, actor, reason);
    });
    return this.get(id, actor.scope);
  }

  /** @throws AppError VALIDATION_FAILED, NOT_FOUND, CONFLICT where it was changed meanwhile or is kept elsewhere. */
  async change(
    id: string,
    input: EventInput,
    version: number,
    actor: EventActor,
    reason?: string,
  ): Promise<KnownEvent> {
    await this.#checkWorkload(input, actor.scope);
    await this.#platform.store.transaction(async (tx) => {
      const seen = await this.#editable(tx, id, actor.scope);
      if (seen.version !== version) throw changedMeanwhile(seen);
      const { tenant, origin, createdBy } = seen;
      await this.#write(tx, seen, { ...checkedEvent(input), tenant, id, origin, createdBy }, actor, reason);
    });
    return this.get(id, actor.scope);
  }

  /** @throws AppError NOT_FOUND, CONFLICT. */
  async remove(id: string, actor: EventActor, reason?: string): Promise<void> {
    await this.#platform.store.transaction(async (tx) =>
      this.#delete(tx, await this.#editable(tx, id, actor.scope), actor, reason),
    );
  }

  /**
   * Brings what another place (the configuration, Grafana) says into the store: new ones are created, changed ones changed.
   * Of those of `origin` that are not named any more, the ones for which `isGone` answers true are deleted.
   */
  async adopt(
    named: readonly (EventInput & { id: string; tenant: string })[],
    origin: 'file' | 'grafana',
    isGone: (event: KnownEvent) => boolean,
  ): Promise<void> {
    const keeper = keepers[origin];
    await this.#platform.store.transaction(async (tx) => {
      // Two replicas at once: the second waits, and finds nothing to do.
      await tx.query("SELECT pg_advisory_xact_lock(hashtext('known-events:' || $1))", [origin]);
      const kept = new Map((await selectByOrigin(tx, origin)).map((event) => [`${event.tenant}/${event.id}`, event]));
      for (const { id, tenant, ...input } of named) {
        const before = kept.get(`${tenant}/${id}`);
        kept.delete(`${tenant}/${id}`);
        const event = { ...checkedEvent(input), tenant, id, origin, createdBy: by(keeper) };
        if (!before || differs(before, event)) await this.#write(tx, before, event, keeper);
      }
      for (const event of kept.values()) if (isGone(event)) await this.#delete(tx, event, keeper);
    });
  }

  /** Events of the configuration. @throws AppError VALIDATION_FAILED naming the one that is wrong. */
  async adoptConfigured(): Promise<void> {
    const named = this.#platform.config.forecasting.events.map(({ tenant = 'default', ...event }) => {
      try {
        checkedEvent(event);
      } catch (error) {
        throw new AppError('VALIDATION_FAILED', `forecasting.events, ${event.id}: ${(error as Error).message}`);
      }
      return { ...event, tenant };
    });
    await this.adopt(named, 'file', () => true);
  }

  async #write(
    tx: Store,
    before: KnownEvent | undefined,
    event: Parameters<typeof upsertEvent>[1],
    actor: Pick<EventActor, 'id' | 'name' | 'traceId'>,
    reason?: string,
  ): Promise<void> {
    await upsertEvent(tx, event, this.#platform.clock.now());
    await this.#record(tx, event, actor, {
      action: before ? 'event.changed' : 'event.created',
      ...(before ? { before: said(before) } : {}),
      after: said(event),
      ...(reason ? { reason } : {}),
    });
  }

  async #delete(tx: Store, event: KnownEvent, actor: Pick<EventActor, 'id' | 'name' | 'traceId'>, reason?: string) {
    if (!(await deleteEvent(tx, event, this.#platform.clock.now()))) throw changedMeanwhile(event);
    await this.#record(tx, event, actor, {
      action: 'event.deleted',
      before: said(event),
      ...(reason ? { reason } : {}),
    });
  }

  async #record(
    tx: Store,
    { tenant, id }: { tenant: string; id: string },
    { id: actorId, name, traceId }: Pick<EventActor, 'id' | 'name' | 'traceId'>,
    what: { action: string; before?: unknown; after?: unknown; reason?: string },
  ): Promise<void> {
    const actor = { id: actorId, name };
    const trace = traceId === undefined ? {} : { traceId };
    await this.#platform.audit.record({ tenant, actor, target: `event:${id}`, ...what, ...trace }, tx);
  }

  async #editable(tx: Store, id: string, scope: Scope): Promise<KnownEvent> {
    const event = await this.#found(tx, id, scope);
    if (event.origin === 'api') return event;
    const where = event.origin === 'file' ? 'the configuration (forecasting.events)' : 'an annotation of Grafana';
    throw new AppError('CONFLICT', `The event ${id} is kept in ${where}; change it there.`);
  }

  async #found(store: Store, id: string, scope: Scope): Promise<KnownEvent> {
    const event = await findEvent(store, scope.tenant, id);
    if (event && (event.workload === null || (await this.#seenBy(scope))(event.workload))) return event;
    throw new AppError('NOT_FOUND', `There is no event ${id}.`, { help: 'The list stands at /api/events.' });
  }

  async #checkWorkload({ workload }: EventInput, scope: Scope): Promise<void> {
    if (workload === undefined || (await this.#seenBy(scope))(workload)) return;
    throw new AppError('FORBIDDEN', `No workload ${JSON.stringify(workload.slice(0, 100))} is known to you.`, {
      help: 'GET /api/workloads lists those that are.',
    });
  }
}

const keepers = {
  file: { id: 'system:configuration', name: 'Configuration' },
  grafana: { id: 'system:grafana-annotations', name: 'Annotations of Grafana' },
} as const;

const by = ({ id, name }: { id: string; name: string }): { id: string; name: string } => ({ id, name });

type Said = Pick<KnownEvent, 'name' | 'workload' | 'startsAt' | 'endsAt' | 'ratio' | 'note'>;

const said = ({ name, workload, startsAt, endsAt, ratio, note }: Said): Record<string, unknown> => ({
  ...{ name, workload, ratio, note },
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
});

const differs = (a: Said, b: Said): boolean => JSON.stringify(said(a)) !== JSON.stringify(said(b));

function changedMeanwhile({ id }: KnownEvent): AppError {
  return new AppError('CONFLICT', `The event ${id} was changed meanwhile.`, { help: 'Read it again, then change it.' });
}
