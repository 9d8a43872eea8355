import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const plainText = '^[^\\u0000-\\u001f\\u007f]*$';
const Value = Type.String({ maxLength: 2_000, pattern: plainText });

/** Regions that somebody must see to be told of something that is kept under a name. */
export const keptRegions = Type.Optional(
  Type.Union([Type.Literal('all'), Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 })], {
    description:
      'Who sees all of these regions finds it; `all`: who sees every region; an empty list: everybody. Where absent: who sees what its author sees',
    examples: [['seoul']],
  }),
);

/** What people say of a saved view, in YAML and by the API alike. */
export const viewFields = {
  name: Type.String({
    minLength: 1,
    maxLength: 120,
    pattern: plainText,
    description: 'What people call it',
    examples: ['Search by model'],
  }),
  page: Type.String({
    maxLength: 100,
    pattern: '^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)*$',
    description: 'Path of the page below the app',
    examples: ['finops/explore'],
  }),
  params: Type.Record(
    Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' }),
    Type.Union([Value, Type.Array(Value, { maxItems: 20 })]),
    {
      default: {},
      maxProperties: 40,
      description: 'Parameters of its address, as they stand behind the question mark',
      examples: [{ filter: ['x_Team:search'], group: ['ServiceName', 'x_Model'], from: 'now-30d', to: 'now' }],
    },
  ),
  regions: keptRegions,
} as const;

export const ViewSettingsSchema = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      description: 'Stable name of the view',
      examples: ['search-by-model'],
    }),
    tenant: Type.Optional(Type.String({ maxLength: 100, description: 'Whose it is; `default` where absent' })),
    ...viewFields,
  },
  strict,
);
export type ViewSettings = Static<typeof ViewSettingsSchema>;
