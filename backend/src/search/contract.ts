import Type, { type Static, type TLiteral } from 'typebox';
import { closeness } from './fold.ts';

const strict = { additionalProperties: false } as const;
const oneOf = <const T extends readonly string[]>(values: T) =>
  values.map((value) => Type.Literal(value)) as unknown as { -readonly [K in keyof T]: TLiteral<T[K]> };

/** What can be found, in the order in which equally good finds are told. */
export const foundTypes = [
  'team',
  'product',
  'customer',
  'feature',
  'model',
  'service',
  'account',
  'provider',
  'budget',
  'view',
  'source',
  'workload',
  'resource',
] as const;
export type FoundType = (typeof foundTypes)[number];

export const SearchQuerySchema = Type.Object(
  {
    q: Type.String({
      maxLength: 200,
      description: 'Words, each of which must stand in the name or id; case, marks and punctuation are ignored',
      examples: ['gpt-4'],
    }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 20 })),
  },
  strict,
);

const SpendSchema = Type.Object({
  amount: Type.String({ description: 'Effective cost, exact decimal', examples: ['123.45'] }),
  currency: Type.String(),
});

export const FoundSchema = Type.Object({
  type: Type.Union(oneOf(foundTypes)),
  id: Type.String({ description: 'Unique within its type' }),
  name: Type.String(),
  detail: Type.Optional(Type.String({ description: 'What else is known of it, e.g. the service of a resource' })),
  match: Type.Object(
    {
      field: Type.Union([Type.Literal('name'), Type.Literal('id')], { description: 'Where the words stand' }),
      how: Type.Union(oneOf(closeness), {
        description: 'exact: the whole of it; prefix: it begins so; word: words of it do; part: somewhere',
      }),
      text: Type.String({ description: 'The text in which the words stand' }),
      marks: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), {
        description: 'Where they stand in it, in UTF-16 units: first, after the last',
      }),
    },
    { description: 'Why it was found' },
  ),
  spend: Type.Optional(
    Type.Array(SpendSchema, {
      description: 'Of the last 30 days (UTC, today with them), by currency; absent for what has no cost of its own',
    }),
  ),
  link: Type.Object(
    {
      page: Type.String({ description: 'Path of the page below the app', examples: ['finops/explore'] }),
      params: Type.Record(Type.String(), Type.Array(Type.String()), { description: 'Parameters of its address' }),
    },
    { description: 'Where it is shown' },
  ),
});
export type Found = Static<typeof FoundSchema>;

export const SearchAnswerSchema = Type.Object({
  q: Type.String(),
  results: Type.Array(FoundSchema, { description: 'Nearest first, then the costliest' }),
  more: Type.Boolean({ description: 'True: there are more; say it more exactly' }),
  notices: Type.Array(
    Type.Object({ severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]), text: Type.String() }),
  ),
});
export type SearchAnswer = Static<typeof SearchAnswerSchema>;
