import Type from 'typebox';

const strict = { additionalProperties: false } as const;
const Mode = Type.Union([Type.Literal('observe'), Type.Literal('approve'), Type.Literal('auto')]);
const Minutes = (value: number, description: string, minimum = 1) =>
  Type.Integer({ minimum, maximum: 10_080, default: value, description });

export const HealingSettingsSchema = Type.Object(
  {
    mode: Type.Union([Type.Literal('observe'), Type.Literal('approve'), Type.Literal('auto')], {
      default: 'observe',
      description: 'Of workloads that nothing else names: only say what would be done, ask a person, act',
    }),
    targets: Type.Array(
      Type.Object(
        {
          target: Type.String({
            minLength: 1,
            maxLength: 300,
            description: 'Pattern of cluster/namespace/name; `*` stands for anything; the longest match wins',
            examples: ['seoul/shop/*'],
          }),
          mode: Mode,
        },
        strict,
      ),
      { default: [], maxItems: 500, description: 'Modes that are kept in this file; by the API others can be added' },
    ),
    language: Type.Union([Type.Literal('en'), Type.Literal('ko')], {
      default: 'en',
      description: 'Of the messages about what was found and done',
    }),
    memory: Type.Object(
      {
        share: Type.Number({
          minimum: 0.05,
          maximum: 1,
          default: 0.2,
          description: 'Raise the limit by this share of it',
        }),
        floorMiB: Type.Integer({ minimum: 1, default: 100, description: 'But by no less than so many MiB' }),
        capMiB: Type.Integer({ minimum: 16, default: 16_384, description: 'And never above so many MiB' }),
        maxBumps: Type.Integer({ minimum: 1, maximum: 20, default: 3, description: 'After so many it is a leak' }),
        countedHours: Type.Integer({ minimum: 1, maximum: 720, default: 24, description: 'Raises that are counted' }),
      },
      { ...strict, default: {} },
    ),
    rollback: Type.Object(
      {
        windowMinutes: Minutes(60, 'An image that is older than this is not what broke it'),
        minCrashes: Type.Integer({ minimum: 2, maximum: 20, default: 2, description: 'Of pods with the new image' }),
      },
      { ...strict, default: {} },
    ),
    cooldownMinutes: Minutes(2, 'Between two acts on one workload'),
    verifyMinutes: Minutes(5, 'After this it is seen whether an act helped; where it did not, it is taken back'),
    actsPerWorkloadHour: Type.Integer({
      minimum: 1,
      maximum: 60,
      default: 4,
      description: 'Most acts on one workload',
    }),
    actsPerClusterHour: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 20,
      description: 'Most acts on a cluster',
    }),
    respectHours: Type.Integer({
      minimum: 1,
      maximum: 720,
      default: 24,
      description: 'After a person has rejected or undone an act, it is not proposed again for so long',
    }),
  },
  { ...strict, default: {} },
);
