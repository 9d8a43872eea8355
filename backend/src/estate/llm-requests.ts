import { Decimal } from 'decimal.js';
import { focusRow, type FocusRow } from './focus-row.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One call of a language model, with OpenTelemetry's terms for its tokens. */
export interface LlmRequest {
  requestId: string;
  startedAt: Date;
  provider: string;
  model: string;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  firstTokenMs: number;
  durationMs: number;
  status: 'ok' | 'error' | 'timeout';
  team: string;
  product: string;
  customer: string;
  feature: string;
  session: string;
  /** USD. */
  cost: string;
}

interface Price {
  provider: string;
  /** USD per million tokens. */
  input: string;
  cached: string;
  output: string;
  /** Tokens a second and milliseconds to the first one. */
  speed: number;
  firstTokenMs: number;
}

const prices: Readonly<Record<string, Price>> = {
  'gpt-4.1': { provider: 'OpenAI', input: '2', cached: '0.5', output: '8', speed: 78, firstTokenMs: 620 },
  'gpt-4.1-mini': { provider: 'OpenAI', input: '0.4', cached: '0.1', output: '1.6', speed: 110, firstTokenMs: 410 },
  'claude-sonnet-4': { provider: 'Anthropic', input: '3', cached: '0.3', output: '15', speed: 62, firstTokenMs: 840 },
  'claude-3-5-haiku': {
    provider: 'Anthropic',
    input: '0.8',
    cached: '0.08',
    output: '4',
    speed: 105,
    firstTokenMs: 480,
  },
};

interface Feature {
  name: string;
  team: string;
  product: string;
  models: readonly (readonly [string, number])[];
  prompt: number;
  answer: number;
  cached: number;
  weight: number;
}

const features: readonly Feature[] = [
  {
    name: 'chat',
    team: 'assist',
    product: 'assistant',
    models: [
      ['gpt-4.1', 3],
      ['claude-sonnet-4', 2],
    ],
    prompt: 5200,
    answer: 420,
    cached: 0.35,
    weight: 9,
  },
  {
    name: 'semantic-search',
    team: 'search',
    product: 'search',
    models: [['gpt-4.1-mini', 1]],
    prompt: 900,
    answer: 90,
    cached: 0.1,
    weight: 14,
  },
  {
    name: 'summaries',
    team: 'assist',
    product: 'assistant',
    models: [
      ['claude-3-5-haiku', 2],
      ['gpt-4.1-mini', 1],
    ],
    prompt: 6200,
    answer: 360,
    cached: 0.05,
    weight: 5,
  },
  {
    name: 'contract-review',
    team: 'legal-tech',
    product: 'documents',
    models: [['claude-sonnet-4', 1]],
    prompt: 62000,
    answer: 1500,
    cached: 0.5,
    weight: 1.4,
  },
  {
    name: 'code-review',
    team: 'platform',
    product: 'developer-tools',
    models: [
      ['claude-sonnet-4', 2],
      ['gpt-4.1', 1],
    ],
    prompt: 27000,
    answer: 900,
    cached: 0.4,
    weight: 2.5,
  },
  {
    name: 'ticket-triage',
    team: 'support',
    product: 'helpdesk',
    models: [
      ['gpt-4.1-mini', 3],
      ['claude-3-5-haiku', 1],
    ],
    prompt: 1500,
    answer: 140,
    cached: 0.2,
    weight: 8,
  },
];

const customers: readonly (readonly [string, number])[] = [
  ['acme', 9],
  ['globex', 7],
  ['initech', 6],
  ['umbrella', 5],
  ['hooli', 5],
  ['stark', 4],
  ['wayne', 3],
  ['wonka', 3],
  ['tyrell', 2],
  ['cyberdyne', 2],
  ['soylent', 1.5],
  ['vandelay', 1],
];

/** Mean requests a day; a Poisson-like number of them falls on each hour. */
const REQUESTS_PER_DAY = 3000;

/**
 * The LLM calls of whole UTC days in [from, to). One thing happens that a person would want to know: nine days before
 * `story`, a release of *chat* doubles the length of its prompts.
 */
export function* llmRequests(seed: number, from: Date, to: Date, story: Date): Generator<LlmRequest> {
  const random = seededRandom(seed);
  for (let hour = from.getTime(); hour < to.getTime(); hour += HOUR_MS) {
    const date = new Date(hour);
    const weekend = date.getUTCDay() % 6 === 0 ? 0.45 : 1;
    const wave = 1 + 0.7 * Math.sin(((date.getUTCHours() - 8) / 24) * 2 * Math.PI);
    const expected = (REQUESTS_PER_DAY / 24) * weekend * wave;
    const count = Math.max(0, Math.round(expected + Math.sqrt(expected) * random.normal('llm-count', hour)));
    for (let i = 0; i < count; i++) yield request(random, hour, i, story.getTime());
  }
}

function request(random: SeededRandom, hour: number, index: number, end: number): LlmRequest {
  const key = `${hour}-${index}`;
  const feature = random.choose(
    features.map((f) => [f, f.weight] as const),
    'feature',
    key,
  );
  const customer = random.choose(customers, 'customer', key);
  const model = random.choose(feature.models, 'model', key);
  const price = prices[model]!;
  const doubled = feature.name === 'chat' && end - hour <= 9 * DAY_MS ? 2 : 1;
  const inputTokens = Math.max(20, Math.round(feature.prompt * doubled * Math.exp(0.5 * random.normal('prompt', key))));
  const cachedInputTokens = Math.round(inputTokens * feature.cached * random.uniform('cached', key));
  const status = random.choose(
    [
      ['ok', 985],
      ['error', 11],
      ['timeout', 4],
    ] as const,
    'status',
    key,
  );
  const outputTokens =
    status === 'ok' ? Math.max(5, Math.round(feature.answer * Math.exp(0.45 * random.normal('answer', key)))) : 0;
  const firstTokenMs = Math.round(
    price.firstTokenMs * Math.exp(0.25 * random.normal('first', key)) + inputTokens * 0.02,
  );
  const cost = new Decimal(inputTokens - cachedInputTokens)
    .times(price.input)
    .plus(new Decimal(cachedInputTokens).times(price.cached))
    .plus(new Decimal(outputTokens).times(price.output))
    .div(1_000_000);
  return {
    requestId: `req_${hour.toString(36)}_${index.toString(36)}`,
    startedAt: new Date(hour + Math.floor(random.uniform('at', key) * HOUR_MS)),
    provider: price.provider,
    model,
    inputTokens,
    cachedInputTokens,
    outputTokens,
    firstTokenMs,
    durationMs: firstTokenMs + Math.round((outputTokens / price.speed) * 1000),
    status,
    team: feature.team,
    product: feature.product,
    customer,
    feature: feature.name,
    session: `${customer}-${random.integer(1, 40, 'session', key)}-${Math.floor(hour / DAY_MS)}`,
    cost: cost.toFixed(),
  };
}

/** The providers' bills for these calls: one line per hour, model, customer and feature, exactly the sum of its calls. */
export function* llmBills(requests: Iterable<LlmRequest>): Generator<FocusRow> {
  let hour = Number.NaN;
  let groups = new Map<string, { first: LlmRequest; cost: Decimal; tokens: number }>();
  for (const call of requests) {
    const callHour = Math.floor(call.startedAt.getTime() / HOUR_MS) * HOUR_MS;
    if (callHour !== hour) {
      yield* billed(groups, hour);
      groups = new Map();
      hour = callHour;
    }
    const key = [call.model, call.customer, call.feature].join('|');
    const group = groups.get(key) ?? { first: call, cost: new Decimal(0), tokens: 0 };
    group.cost = group.cost.plus(call.cost);
    group.tokens += call.inputTokens + call.outputTokens;
    groups.set(key, group);
  }
  yield* billed(groups, hour);
}

function* billed(
  groups: ReadonlyMap<string, { first: LlmRequest; cost: Decimal; tokens: number }>,
  hour: number,
): Generator<FocusRow> {
  for (const { first, cost, tokens } of groups.values()) {
    const row = focusRow({
      provider: {
        name: first.provider,
        account: `org-${first.provider.toLowerCase()}`,
        accountName: 'Northwind',
        issuer: first.provider,
      },
      start: new Date(hour),
      hours: 1,
      category: 'AI and Machine Learning',
      service: `${first.provider} API`,
      description: `${first.model} tokens`,
      sku: first.model,
      resource: first.model,
      region: 'global',
      subAccount: 'llm',
      quantity: tokens,
      unit: 'Tokens',
      listUnitPrice: 0,
      tags: {
        team: first.team,
        product: first.product,
        customer: first.customer,
        feature: first.feature,
        model: first.model,
        environment: 'production',
      },
    });
    const amount = cost.toFixed();
    yield { ...row, BilledCost: amount, EffectiveCost: amount, ListCost: amount, ContractedCost: amount };
  }
}
