import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import {
  AnnotationSchema,
  CreateEventSchema,
  DeleteEventSchema,
  EventIdSchema,
  EventSchema,
  EventsQuerySchema,
  EventsSchema,
  UpdateEventSchema,
  type Annotation,
  type EventView,
} from './event-contract.ts';
import type { EventActor, EventDesk } from './event-desk.ts';
import type { KnownEvent } from './known-event.ts';

export interface EventDoors {
  desk: Pick<EventDesk, 'list' | 'get' | 'create' | 'change' | 'remove'>;
  /** What earlier events of the names did, by name. */
  learned(names: readonly string[], scope: Scope): Promise<ReadonlyMap<string, EventView['learned']>>;
  /** Takes in an annotation that Grafana pushed. Undefined where it names nothing. */
  adoptAnnotation(annotation: Annotation, scope: Scope): Promise<KnownEvent | undefined>;
  clock: Clock;
}

const tags = ['traffic'];
const dayMs = 86_400_000;

/** Known events over HTTP. */
export function eventRoutes(app: App, doors: EventDoors): void {
  readRoutes(app, doors);
  writeRoutes(app, doors);
}

function readRoutes(app: App, doors: EventDoors): void {
  app.get(
    '/api/events',
    {
      config: { permission: 'traffic:read' },
      schema: {
        tags,
        summary: 'Events that are known to change traffic, by their start',
        querystring: EventsQuerySchema,
        response: { 200: EventsSchema },
      },
    },
    async ({ query, caller }) => {
      const now = doors.clock.now().getTime();
      const from = query.from === undefined ? new Date(now - 30 * dayMs) : new Date(query.from);
      const to = query.to === undefined ? new Date(now + 90 * dayMs) : new Date(query.to);
      const { workload } = query;
      const events = await doors.desk.list({ from, to, ...(workload === undefined ? {} : { workload }) }, caller.scope);
      return { events: await viewed(doors, events, caller.scope) };
    },
  );
  app.get(
    '/api/events/:id',
    {
      config: { permission: 'traffic:read' },
      schema: { tags, summary: 'One known event', params: EventIdSchema, response: { 200: EventSchema } },
    },
    async ({ params, caller }) => one(doors, await doors.desk.get(params.id, caller.scope), caller.scope),
  );
}

function writeRoutes(app: App, doors: EventDoors): void {
  const permission = 'changes:propose';
  app.post(
    '/api/events',
    {
      config: { permission },
      schema: { tags, summary: 'Make an event known', body: CreateEventSchema, response: { 201: EventSchema } },
    },
    async (request, reply) => {
      const { reason, ...input } = request.body;
      const event = await doors.desk.create(input, actorOf(request), reason);
      return reply.code(201).send(await one(doors, event, request.caller.scope));
    },
  );
  app.put(
    '/api/events/:id',
    {
      config: { permission },
      schema: {
        tags,
        summary: 'Change an event: what is sent replaces all of it',
        params: EventIdSchema,
        body: UpdateEventSchema,
        response: { 200: EventSchema },
      },
    },
    async (request) => {
      const { reason, version, ...input } = request.body;
      const event = await doors.desk.change(request.params.id, input, version, actorOf(request), reason);
      return one(doors, event, request.caller.scope);
    },
  );
  app.delete(
    '/api/events/:id',
    {
      config: { permission },
      schema: {
        tags,
        summary: 'Delete an event; what was learned from it stays',
        params: EventIdSchema,
        querystring: DeleteEventSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await doors.desk.remove(request.params.id, actorOf(request), request.query.reason);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/events/annotation',
    {
      config: { permission },
      schema: {
        tags,
        summary: 'Take in an annotation of Grafana as a known event; the same one again changes it',
        body: AnnotationSchema,
        response: { 200: EventSchema },
      },
    },
    async ({ body, caller }) => {
      const event = await doors.adoptAnnotation(body, caller.scope);
      if (event) return one(doors, event, caller.scope);
      throw new AppError('VALIDATION_FAILED', 'The annotation has neither a text nor a tag `event:NAME`.');
    },
  );
}

async function one(doors: EventDoors, event: KnownEvent, scope: Scope): Promise<EventView> {
  return (await viewed(doors, [event], scope))[0]!;
}

async function viewed(doors: EventDoors, events: readonly KnownEvent[], scope: Scope): Promise<EventView[]> {
  const learned = await doors.learned([...new Set(events.map(({ name }) => name))], scope);
  return events.map((event) => ({
    id: event.id,
    name: event.name,
    ...(event.workload === null ? {} : { workload: event.workload }),
    startsAt: event.startsAt.toISOString(),
    endsAt: event.endsAt.toISOString(),
    ...(event.ratio === null ? {} : { ratio: event.ratio }),
    note: event.note,
    origin: event.origin,
    editable: event.origin === 'api',
    version: event.version,
    knownSince: event.knownSince.toISOString(),
    createdBy: event.createdBy,
    updatedAt: event.updatedAt.toISOString(),
    learned: (learned.get(event.name) ?? []).filter(
      ({ workload }) => event.workload === null || event.workload === workload,
    ),
  }));
}

function actorOf({ caller, traceId }: Pick<FastifyRequest, 'caller' | 'traceId'>): EventActor {
  return { id: caller.id, name: caller.name, scope: caller.scope, traceId };
}
