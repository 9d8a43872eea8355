import Type from 'typebox';

const strict = { additionalProperties: false } as const;

/** What a policy keeps of answers, to give them again. */
export const CacheSettingsSchema = Type.Object(
  {
    ttlSeconds: Type.Integer({
      minimum: 1,
      maximum: 31_536_000,
      default: 86_400,
      description: 'How long an answer counts',
    }),
    exact: Type.Boolean({ default: true, description: 'Answer equal calls alike; embeddings text by text' }),
    semantic: Type.Optional(
      Type.Object(
        {
          maxFalseHits: Type.Number({
            minimum: 0.001,
            maximum: 0.2,
            default: 0.02,
            description: 'Bound on the share of its answers that may be wrong; what it takes to keep it is learned',
          }),
          provider: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 100,
              description: 'Provider of embeddings; lexical vectors where absent',
            }),
          ),
          model: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Model of embeddings' })),
          exploreShare: Type.Number({
            minimum: 0,
            maximum: 1,
            default: 0.05,
            description: 'Share of what could be answered that is asked all the same, to go on learning',
          }),
        },
        { ...strict, description: 'Answer calls that mean the same; off where absent' },
      ),
    ),
    shared: Type.Union([Type.Literal('tenant'), Type.Literal('team'), Type.Literal('customer'), Type.Literal('key')], {
      default: 'tenant',
      description: 'Among whose calls an answer is shared',
    }),
    personal: Type.Boolean({ default: false, description: 'Keep answers to calls with personal data too' }),
    maxEntryBytes: Type.Integer({ minimum: 1024, maximum: 16_777_216, default: 1_048_576 }),
  },
  strict,
);

/** What a policy keeps of prompts. */
export const PromptStoreSettingsSchema = Type.Object(
  {
    prompts: Type.Boolean({ default: false, description: 'Keep prompts and answers, encrypted, personal data masked' }),
    days: Type.Integer({ minimum: 1, maximum: 365, default: 7, description: 'After so many days they are deleted' }),
  },
  strict,
);

/** Bounds of the caches of one gateway, and of what the store keeps for it. */
export const GatewayCacheSettingsSchema = Type.Object(
  {
    memoryBytes: Type.Integer({
      minimum: 0,
      default: 67_108_864,
      description: 'Answers in the memory of each process',
    }),
    storeBytes: Type.Integer({
      minimum: 0,
      default: 1_073_741_824,
      description: 'Answers of each tenant in the store',
    }),
    storeAnswersPerSecond: Type.Integer({
      minimum: 1,
      default: 250,
      description:
        'What each process writes to the store at most; of more answers those go there that were asked for again',
    }),
  },
  { ...strict, default: {} },
);
