import Type from 'typebox';

const Count = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 1e12, description }));

/** How much somebody may send to the LLM gateway; the same in the configuration and in the API. */
export const limitFields = {
  name: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: '^[^\\u0000-\\u001f]*$',
    description: 'Name of the limit; refusals name it',
  }),
  per: Type.Union([Type.Literal('key'), Type.Literal('team'), Type.Literal('product'), Type.Literal('customer')], {
    description: 'What is counted together; each key, team, ... has counters of its own',
  }),
  only: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      minItems: 1,
      maxItems: 500,
      description: 'Ids of keys, or names of teams, ..., that it is for; all of them where absent',
    }),
  ),
  requestsPerMinute: Count('Requests in a minute'),
  requestsPerDay: Count('Requests in a day'),
  tokensPerMinute: Count('Tokens, asked and answered, in a minute'),
  tokensPerDay: Count('Tokens, asked and answered, in a day'),
  window: Type.Optional(
    Type.Union([Type.Literal('calendar'), Type.Literal('rolling')], {
      description:
        'calendar: minutes and days of the clock; rolling: the last 60 seconds and 24 hours, whenever one looks. calendar where absent',
    }),
  ),
  timeZone: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'With calendar: IANA name of the zone whose days count; UTC where absent',
      examples: ['Asia/Seoul'],
    }),
  ),
};

export const LimitSettingsSchema = Type.Object(limitFields, { additionalProperties: false });
