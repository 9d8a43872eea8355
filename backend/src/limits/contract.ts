import Type, { type Static } from 'typebox';
import { limitFields } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;

export const SetLimitSchema = Type.Object(limitFields, strict);
export type SetLimit = Static<typeof SetLimitSchema>;

const Used = (description: string) => Type.Optional(Type.Integer({ description }));

export const LimitSchema = Type.Object({
  id: Type.String(),
  ...limitFields,
  origin: Type.Union([Type.Literal('api'), Type.Literal('file')], {
    description: 'file: kept in the configuration, read-only here',
  }),
  createdBy: Type.Optional(Type.String()),
  createdAt: Type.Optional(Type.String({ format: 'date-time' })),
  use: Type.Array(
    Type.Object({
      value: Type.String({ description: 'Id of the key, or name of the team, product or customer' }),
      requestsPerMinute: Used('Requests of this minute, or of the last 60 seconds'),
      requestsPerDay: Used('Requests of this day, or of the last 24 hours'),
      tokensPerMinute: Used('Tokens of this minute, or of the last 60 seconds'),
      tokensPerDay: Used('Tokens of this day, or of the last 24 hours'),
    }),
    { description: 'Who used most in the present minute and day, with what gateways keep ready for calls to come' },
  ),
});
export type LimitView = Static<typeof LimitSchema>;

export const LimitsSchema = Type.Object({ limits: Type.Array(LimitSchema) });
export const LimitIdSchema = Type.Object({ id: Type.String({ pattern: '^gl_[a-z0-9]{16}$' }) }, strict);
