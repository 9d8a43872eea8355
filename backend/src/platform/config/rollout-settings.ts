import Type from 'typebox';

const strict = { additionalProperties: false } as const;
const Increase = (description: string) => Type.Number({ minimum: 0, maximum: 100, description });

/** When a version that serves a share of the calls is taken back by itself. */
export const RolloutSettingsSchema = Type.Object(
  {
    stopsItself: Type.Optional(
      Type.Boolean({ description: 'Whether the share goes back to 0 where it is clearly worse; true where absent' }),
    ),
    minCalls: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 1_000_000,
        description: 'Calls of each side before it is judged; 50 where absent',
      }),
    ),
    maxErrorIncrease: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Part of the calls, 0 to 1, that may fail beyond those that fail anyway; 0.02 where absent',
      }),
    ),
    maxFirstTokenIncrease: Type.Optional(
      Increase('How much later, as a part, the p95 of the first token may be; 0.5 where absent'),
    ),
    maxCostIncrease: Type.Optional(Increase('How much dearer, as a part, a call may be; 0.5 where absent')),
  },
  strict,
);
