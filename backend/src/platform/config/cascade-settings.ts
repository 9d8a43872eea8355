import Type from 'typebox';

const strict = { additionalProperties: false } as const;

/** How it is seen whether the first, cheap answer is good enough. What is named must all hold. */
export const CascadeSettingsSchema = Type.Object(
  {
    cheapRoutes: Type.Integer({
      minimum: 1,
      maximum: 49,
      description:
        'So many of the first routes of the list are the cheap ones; the rest is asked where they do not suffice',
    }),
    minLogprob: Type.Optional(
      Type.Number({
        maximum: 0,
        description: "Mean natural logarithm of the probability of the answer's tokens; lower is not trusted",
      }),
    ),
    minCharacters: Type.Optional(Type.Integer({ minimum: 1, description: 'Shorter answers are not trusted' })),
    maxCharacters: Type.Optional(Type.Integer({ minimum: 1, description: 'Longer answers are not trusted' })),
    mustMatch: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'Text that a good answer contains; * stands for anything',
      }),
    ),
    mustNotContain: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: 50,
        description: 'Words by which an answer gives itself away, e.g. "I cannot"',
      }),
    ),
    judge: Type.Optional(
      Type.Object(
        {
          provider: Type.String({ minLength: 1, maxLength: 100 }),
          model: Type.String({ minLength: 1, maxLength: 200 }),
          minScore: Type.Number({ minimum: 0, maximum: 1, description: 'Marks from 0 to 1; lower is not trusted' }),
        },
        { ...strict, description: 'A model that marks the answer; its call is usage as any other' },
      ),
    ),
  },
  strict,
);
