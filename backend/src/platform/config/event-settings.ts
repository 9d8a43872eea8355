import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Text = (maxLength: number, description: string, more: object = {}) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description, ...more });

/** What an event is, as people write it: in the configuration, and by the API. */
export const eventFields = {
  name: Text(120, 'Events of one name are taken for repetitions of each other', {
    minLength: 1,
    examples: ['friday-sale'],
  }),
  workload: Type.Optional(Text(300, 'Absent: every workload', { minLength: 1, examples: ['shop/frontend'] })),
  startsAt: Type.String({ format: 'date-time', description: 'First instant', examples: ['2026-11-27T20:00:00Z'] }),
  endsAt: Type.String({ format: 'date-time', description: 'Instant after the last; at most 14 days later' }),
  ratio: Type.Optional(
    Type.Number({
      minimum: 0.01,
      maximum: 100,
      description:
        'How many times the usual traffic is expected, as long as no earlier event of the name has shown it; absent: unknown',
      examples: [3],
    }),
  ),
  note: Type.Optional(Text(2000, 'For people')),
} as const;

export const EventSettingsSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
    tenant: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Default: default' })),
    ...eventFields,
  },
  strict,
);
export type EventSettings = Static<typeof EventSettingsSchema>;
