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
  requestsPerMinute: Count('Requests in each minute of the clock'),
  requestsPerDay: Count('Requests in each day of UTC'),
  tokensPerMinute: Count('Tokens, asked and answered, in each minute of the clock'),
  tokensPerDay: Count('Tokens, asked and answered, in each day of UTC'),
};

export const LimitSettingsSchema = Type.Object(limitFields, { additionalProperties: false });
