import Type from 'typebox';
import { AwsAccessSettingsSchema } from './aws-access-settings.ts';
import { CacheSettingsSchema, GatewayCacheSettingsSchema, PromptStoreSettingsSchema } from './cache-settings.ts';
import { CascadeSettingsSchema } from './cascade-settings.ts';
import { LimitSettingsSchema } from './limit-settings.ts';
import { PresidioSettingsSchema, PrivacySettingsSchema } from './privacy-settings.ts';
import { RolloutSettingsSchema } from './rollout-settings.ts';

const strict = { additionalProperties: false } as const;
const Name = (description: string) => Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$', description });
const Patterns = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 100, description });
const Amount = (description: string) => Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,12})?$', description });

const ProviderSettingsSchema = Type.Object(
  {
    name: Name('Name of the provider; routes name it'),
    kind: Type.Union(
      [
        Type.Literal('openai'),
        Type.Literal('anthropic'),
        Type.Literal('gemini'),
        Type.Literal('azure-openai'),
        Type.Literal('bedrock'),
        Type.Literal('compatible'),
      ],
      { description: 'compatible: anything that speaks the API of OpenAI, as vLLM, Ollama and TGI do' },
    ),
    url: Type.Optional(Type.String({ description: 'Base address; that of the maker where absent' })),
    apiKeyVariable: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_]{0,199}$',
        description: 'Environment variable that holds the key; none for servers that ask for none',
      }),
    ),
    region: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Where it answers' })),
    aws: Type.Optional(AwsAccessSettingsSchema),
    maxConnections: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 2000,
      description: 'Calls at a time; more wait for their turn',
    }),
  },
  strict,
);

export const RouteSettingsSchema = Type.Object(
  {
    provider: Name('Name of a provider'),
    model: Type.String({ minLength: 1, maxLength: 200, description: 'Model as the provider names it' }),
    weight: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1e6, description: 'Share of the requests; 1 where absent' }),
    ),
    quality: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Expected quality, 0 to 1' })),
    maxContextTokens: Type.Optional(Type.Integer({ minimum: 1, description: 'Longest prompt and answer together' })),
  },
  strict,
);

export const PolicySettingsSchema = Type.Object(
  {
    name: Name('Name of the policy'),
    match: Type.Object(
      {
        models: Patterns('Names that callers ask for; * at the end stands for anything'),
        team: Type.Optional(Patterns('Teams')),
        product: Type.Optional(Patterns('Products')),
        customer: Type.Optional(Patterns('Customers')),
        feature: Type.Optional(Patterns('Features')),
        environment: Type.Optional(Patterns('Stages')),
        region: Type.Optional(Patterns('Regions of the installation, as the key names them')),
        piiClass: Type.Optional(
          Patterns(
            'Classes of personal data that patterns find in the prompt: email, phone, card, iban, koreanId, apiKey, secret; `none` where nothing was found, `unknown` where nobody looked. Names of lists and what Presidio finds are not seen here',
          ),
        ),
        tags: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 200 }))),
        minPromptTokens: Type.Optional(Type.Integer({ minimum: 0 })),
        maxPromptTokens: Type.Optional(Type.Integer({ minimum: 0 })),
      },
      strict,
    ),
    choose: Type.Object(
      {
        strategy: Type.Union(
          [
            Type.Literal('ordered'),
            Type.Literal('weights'),
            Type.Literal('cheapest'),
            Type.Literal('fastest'),
            Type.Literal('score'),
          ],
          { default: 'ordered', description: 'How the first route is found; the others follow as fallbacks' },
        ),
        routes: Type.Array(RouteSettingsSchema, { minItems: 1, maxItems: 50 }),
        latency: Type.Optional(
          Type.Union([Type.Literal('first-token'), Type.Literal('total')], { description: 'Which time counts' }),
        ),
        maxLatencyMs: Type.Optional(Type.Integer({ minimum: 1, description: 'With cheapest: bound of the p95' })),
        maxCost: Type.Optional(Amount('With fastest: most that a request may be expected to cost')),
        qualityFloor: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
        scoreWeights: Type.Optional(
          Type.Object(
            {
              cost: Type.Optional(Type.Number({ minimum: 0 })),
              latency: Type.Optional(Type.Number({ minimum: 0 })),
              errors: Type.Optional(Type.Number({ minimum: 0 })),
              quality: Type.Optional(Type.Number({ minimum: 0 })),
            },
            strict,
          ),
        ),
        sticky: Type.Optional(
          Type.Union([Type.Literal('session'), Type.Literal('none')], {
            description: 'With session: its calls stay on the route that answered it last',
          }),
        ),
      },
      strict,
    ),
    fallback: Type.Optional(
      Type.Object(
        {
          firstTokenMs: Type.Optional(Type.Integer({ minimum: 1, description: 'Longest until the first byte' })),
          totalMs: Type.Optional(Type.Integer({ minimum: 1, description: 'Longest in all' })),
          hedgeMs: Type.Optional(
            Type.Integer({
              minimum: 1,
              description: 'After so long without an answer the next route is asked as well; the slower one is stopped',
            }),
          ),
        },
        strict,
      ),
    ),
    cascade: Type.Optional(CascadeSettingsSchema),
    approvals: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2,
        description: 'People who must agree before a version of it serves; 1 where absent',
      }),
    ),
    rollout: Type.Optional(RolloutSettingsSchema),
    privacy: Type.Optional(PrivacySettingsSchema),
    cache: Type.Optional(CacheSettingsSchema),
    store: Type.Optional(PromptStoreSettingsSchema),
    guards: Type.Optional(
      Type.Object(
        {
          maxCost: Type.Optional(Amount('Most that one request may be expected to cost')),
          maxOutputTokens: Type.Optional(Type.Integer({ minimum: 1, description: 'Bound put on every answer' })),
          regions: Type.Optional(Patterns('Regions in which the request may be answered')),
          maxAttempts: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 10, description: 'Routes tried; 3 where absent' }),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);

export const GatewaySettingsSchema = Type.Object(
  {
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 4290, description: 'Port of the LLM gateway' }),
    host: Type.String({ default: '127.0.0.1' }),
    providers: Type.Array(ProviderSettingsSchema, { default: [], maxItems: 100 }),
    policies: Type.Array(PolicySettingsSchema, {
      default: [],
      maxItems: 500,
      description: 'The first that matches a request decides; put the special before the general',
    }),
    whenBudgetsAreAway: Type.Union([Type.Literal('allow'), Type.Literal('refuse')], {
      default: 'allow',
      description: 'What happens to requests under a budget while its counters cannot be reached',
    }),
    limits: Type.Array(LimitSettingsSchema, {
      default: [],
      maxItems: 500,
      description: 'Requests and tokens that keys, teams, products and customers may send, in every tenant',
    }),
    presidio: Type.Optional(PresidioSettingsSchema),
    cache: GatewayCacheSettingsSchema,
    dataKey: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 500,
        'x-secret': true,
        description: 'Seals the keys of tenants, the same for every process; generated under <dataDir> where absent',
      }),
    ),
    maxBodyBytes: Type.Integer({ minimum: 1024, default: 32 * 1024 * 1024 }),
    maxInFlight: Type.Integer({
      minimum: 1,
      default: 2000,
      description: 'Calls at a time; more are told to come again',
    }),
  },
  { ...strict, default: {} },
);
