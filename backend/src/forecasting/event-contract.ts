import Type, { type Static } from 'typebox';
import { eventFields } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
const Instant = Type.String({ format: 'date-time' });
const Reason = Type.Optional(
  Type.String({ minLength: 1, maxLength: 2000, description: 'Why; stands in the audit log' }),
);

export const EventSchema = Type.Object({
  id: Type.String(),
  ...eventFields,
  note: Type.String(),
  origin: Type.Union([Type.Literal('api'), Type.Literal('file'), Type.Literal('grafana')], {
    description: 'file: kept in the configuration; grafana: an annotation there',
  }),
  editable: Type.Boolean({ description: 'False for events that are kept elsewhere' }),
  version: Type.Integer({ description: 'Grows with each change; send it back with a change' }),
  knownSince: Type.String({ format: 'date-time', description: 'Forecasts issued earlier do not count on it' }),
  createdBy: Type.Object({ id: Type.String(), name: Type.String() }),
  updatedAt: Instant,
  learned: Type.Array(
    Type.Object({
      workload: Type.String(),
      region: Type.String(),
      events: Type.Integer({ description: 'Earlier events of the name that it was learned from' }),
      peak: Type.Number({ description: 'Largest multiple of the usual traffic that is expected' }),
      peakMinute: Type.Integer({ description: 'Minutes after the start at which it is' }),
    }),
    { description: 'What earlier events of the name did, workload by workload' },
  ),
});
export type EventView = Static<typeof EventSchema>;

export const EventsSchema = Type.Object({ events: Type.Array(EventSchema) });
export const EventsQuerySchema = Type.Object(
  {
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Default: 30 days ago' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Default: 90 days ahead' })),
    workload: Type.Optional(Type.String({ maxLength: 300, description: 'Only events that touch this workload' })),
  },
  strict,
);
export const EventIdSchema = Type.Object(
  { id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'Id of the event' }) },
  strict,
);
export const CreateEventSchema = Type.Object({ ...eventFields, reason: Reason }, strict);
export const UpdateEventSchema = Type.Object(
  {
    ...eventFields,
    version: Type.Integer({ minimum: 1, description: 'The version that was changed' }),
    reason: Reason,
  },
  strict,
);
export const DeleteEventSchema = Type.Object({ reason: Reason }, strict);

/** An annotation as Grafana gives it; the rest of its fields is let through. */
export const AnnotationSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  time: Type.Integer({ minimum: 0, description: 'Epoch milliseconds' }),
  timeEnd: Type.Optional(Type.Integer({ minimum: 0, description: 'Epoch milliseconds; absent or as `time`: an hour' })),
  tags: Type.Array(Type.String({ maxLength: 200 }), {
    maxItems: 50,
    description: 'event:NAME, workload:NAMESPACE/NAME and ratio:NUMBER say what it is',
  }),
  text: Type.String({ maxLength: 10_000, description: 'Its first line is the name where no tag gives one' }),
});
export type Annotation = Static<typeof AnnotationSchema>;
