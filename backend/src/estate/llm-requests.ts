import { Decimal } from 'decimal.js';
import type { LlmRequest } from '../anycost/index.ts';
import { focusRow, type FocusRow } from './focus-row.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { fineSince } from './story.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * One call of a language model as both sides know it: what the shop recorded of it, and what the provider bills. They differ
 * where the estate plants a difference for the reconciliation to find (see `planted`).
 */
export interface LlmCall {
  requestId: string;
  startedAt: Date;
  /** As the bills name it: `OpenAI`. */
  provider: string;
  model: string;
  modelVersion: string;
  inputTokens: number;
  cachedInputTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  firstTokenMs: number;
  durationMs: number;
  status: 'ok' | 'error' | 'timeout';
  team: string;
  product: string;
  customer: string;
  feature: string;
  environment: string;
  session: string;
  /** False in the hour that the shop's log lost. */
  isRecorded: boolean;
  /** Tokens that the provider bills; of a call that failed the shop knows none. */
  billedTokens: number;
  /** USD that the provider bills. */
  cost: string;
}

interface Price {
  provider: string;
  version: string;
  /** USD per million tokens. */
  input: string;
  cached: string;
  /** Written to the cache for five minutes and for an hour; absent: writing costs no more than reading new tokens. */
  written?: readonly [string, string];
  output: string;
  /** Tokens a second and milliseconds to the first one. */
  speed: number;
  firstTokenMs: number;
}

const prices: Readonly<Record<string, Price>> = {
  'gpt-4.1': {
    provider: 'OpenAI',
    version: 'gpt-4.1-2025-04-14',
    input: '2',
    cached: '0.5',
    output: '8',
    speed: 78,
    firstTokenMs: 620,
  },
  'gpt-4.1-mini': {
    provider: 'OpenAI',
    version: 'gpt-4.1-mini-2025-04-14',
    input: '0.4',
    cached: '0.1',
    output: '1.6',
    speed: 110,
    firstTokenMs: 410,
  },
  'o4-mini': {
    provider: 'OpenAI',
    version: 'o4-mini-2025-04-16',
    input: '1.1',
    cached: '0.275',
    output: '4.4',
    speed: 95,
    firstTokenMs: 2_400,
  },
  'claude-sonnet-4': {
    provider: 'Anthropic',
    version: 'claude-sonnet-4-20250514',
    input: '3',
    cached: '0.3',
    written: ['3.75', '6'],
    output: '15',
    speed: 62,
    firstTokenMs: 840,
  },
  'claude-sonnet-4-5': {
    provider: 'Anthropic',
    version: 'claude-sonnet-4-5-20250929',
    input: '3',
    cached: '0.3',
    written: ['3.75', '6'],
    output: '15',
    speed: 71,
    firstTokenMs: 760,
  },
  'claude-3-5-haiku': {
    provider: 'Anthropic',
    version: 'claude-3-5-haiku-20241022',
    input: '0.8',
    cached: '0.08',
    written: ['1', '1.6'],
    output: '4',
    speed: 105,
    firstTokenMs: 480,
  },
};

/**
 * The planted truth: where bills and estimates differ, in days before the story. Everywhere else they are equal to the last
 * digit, and whoever reconciles them must find these three and nothing else.
 */
export const planted = {
  /** The log of the shop lost this hour (UTC): every call of it was billed and none recorded. Cause: missing requests. */
  missingHour: { daysBefore: 6, hour: 14 },
  /**
   * Every fourth call or so of this model timed out in these hours; the provider had read the prompt and bills it, the shop
   * saw no usage. Calls that fail on other days are not billed. Cause: failed but billed.
   */
  billedFailures: { daysBefore: 12, fromHour: 10, toHour: 13, model: 'claude-sonnet-4', share: 0.25 },
  /** The provider billed this model at 1.1 times its list price for a day. Cause: price change. */
  dearerDay: { daysBefore: 3, model: 'gpt-4.1-mini', factor: '1.1' },
} as const;

/** Code reviews move to the next model on this day before the story. */
const upgradeDaysBefore = 15;
/** Prompts are kept below the length at which a model becomes dearer. */
const longestPrompt = 190_000;

interface Feature {
  name: string;
  team: string;
  product: string;
  models: readonly (readonly [string, number])[];
  prompt: number;
  answer: number;
  cached: number;
  weight: number;
  /** Keeps its prompts cached for an hour and not for five minutes. */
  longCache?: true;
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
    longCache: true,
  },
  {
    name: 'code-review',
    team: 'platform',
    product: 'developer-tools',
    models: [
      ['claude-sonnet-4', 2],
      ['gpt-4.1', 1],
      ['o4-mini', 1],
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

/** Mean requests a day at last; a Poisson-like number of them falls on each hour. */
const REQUESTS_PER_DAY = 3000;
/** A month before the story the features were opened to everybody; before, a pilot doubled in so many days up to this part. */
const PILOT = { doublingDays: 21, part: 0.5 };

const environments = [
  ['production', 88],
  ['staging', 5],
  ['ci', 4],
  ['dev', 3],
] as const;

/**
 * The LLM calls of whole UTC days in [from, to). Their number grew up to a month before `story`. One thing happens that a
 * person would want to know: nine days before `story`, a release of *chat* doubles the length of its prompts.
 */
export function* llmCalls(seed: number, from: Date, to: Date, story: Date): Generator<LlmCall> {
  const random = seededRandom(seed);
  const fine = fineSince(story).getTime();
  for (let hour = from.getTime(); hour < to.getTime(); hour += HOUR_MS) {
    const date = new Date(hour);
    const weekend = date.getUTCDay() % 6 === 0 ? 0.45 : 1;
    const wave = 1 + 0.7 * Math.sin(((date.getUTCHours() - 8) / 24) * 2 * Math.PI);
    const grown = hour < fine ? PILOT.part * 2 ** ((hour - fine) / DAY_MS / PILOT.doublingDays) : 1;
    const expected = (REQUESTS_PER_DAY / 24) * weekend * wave * grown;
    const count = Math.max(0, Math.round(expected + Math.sqrt(expected) * random.normal('llm-count', hour)));
    for (let i = 0; i < count; i++) yield oneCall(random, hour, i, story.getTime());
  }
}

function oneCall(random: SeededRandom, hour: number, index: number, story: number): LlmCall {
  const key = `${hour}-${index}`;
  const when = { hour: new Date(hour).getUTCHours(), daysBefore: Math.ceil((story - hour) / DAY_MS) };
  const feature = random.choose(
    features.map((f) => [f, f.weight] as const),
    'feature',
    key,
  );
  const environment = random.choose(environments, 'environment', key);
  const customer = environment === 'production' ? random.choose(customers, 'customer', key) : '';
  const model = modelOf(feature, random.choose(feature.models, 'model', key), when.daysBefore);
  const price = prices[model]!;
  const prompt = tokensOfPrompt(random, key, feature, price, story - hour);
  const outage = planted.billedFailures;
  const isOutage =
    model === outage.model &&
    when.daysBefore === outage.daysBefore &&
    when.hour >= outage.fromHour &&
    when.hour < outage.toHour;
  const status = statusOf(random, key, isOutage);
  const answer =
    status === 'ok' ? tokensOfAnswer(random, key, feature, model) : { outputTokens: 0, reasoningTokens: 0 };
  const isBilled = status === 'ok' || isOutage;
  const { inputTokens } = prompt;
  const firstTokenMs = Math.round(
    price.firstTokenMs * Math.exp(0.25 * random.normal('first', key)) + inputTokens * 0.02,
  );
  const cost = isBilled ? costOf(price, prompt, answer.outputTokens, factorOf(model, when.daysBefore)) : '0';
  const who = customer === '' ? environment : customer;
  return {
    requestId: `req_${hour.toString(36)}_${index.toString(36)}`,
    startedAt: new Date(hour + Math.floor(random.uniform('at', key) * HOUR_MS)),
    provider: price.provider,
    model,
    modelVersion: price.version,
    // A call that fails tells the shop no usage.
    ...(status === 'ok' ? prompt : noPrompt),
    ...answer,
    firstTokenMs,
    durationMs: status === 'timeout' ? 60_000 : firstTokenMs + Math.round((answer.outputTokens / price.speed) * 1000),
    status,
    team: feature.team,
    product: feature.product,
    customer,
    feature: feature.name,
    environment,
    session: `${who}-${random.integer(1, 40, 'session', key)}-${Math.floor(hour / DAY_MS)}`,
    isRecorded: when.daysBefore !== planted.missingHour.daysBefore || when.hour !== planted.missingHour.hour,
    billedTokens: isBilled ? inputTokens + answer.outputTokens : 0,
    cost,
  };
}

type Prompt = Pick<LlmCall, 'inputTokens' | 'cachedInputTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens'>;
const noPrompt: Prompt = { inputTokens: 0, cachedInputTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };

function modelOf(feature: Feature, chosen: string, daysBefore: number): string {
  const isUpgraded = feature.name === 'code-review' && daysBefore <= upgradeDaysBefore;
  return isUpgraded && chosen === 'claude-sonnet-4' ? 'claude-sonnet-4-5' : chosen;
}

function tokensOfPrompt(random: SeededRandom, key: string, feature: Feature, price: Price, msBefore: number): Prompt {
  const doubled = feature.name === 'chat' && msBefore <= 9 * DAY_MS ? 2 : 1;
  const drawn = Math.round(feature.prompt * doubled * Math.exp(0.5 * random.normal('prompt', key)));
  const inputTokens = Math.min(longestPrompt, Math.max(20, drawn));
  const cachedInputTokens = Math.round(inputTokens * feature.cached * random.uniform('cached', key));
  const share = price.written ? 0.3 * random.uniform('written', key) : 0;
  const written = Math.round((inputTokens - cachedInputTokens) * share);
  const [fiveMinutes, hour] = feature.longCache ? [0, written] : [written, 0];
  return { inputTokens, cachedInputTokens, cacheWrite5mTokens: fiveMinutes, cacheWrite1hTokens: hour };
}

function tokensOfAnswer(
  random: SeededRandom,
  key: string,
  feature: Feature,
  model: string,
): Pick<LlmCall, 'outputTokens' | 'reasoningTokens'> {
  const said = Math.max(5, Math.round(feature.answer * Math.exp(0.45 * random.normal('answer', key))));
  const reasoningTokens = model.startsWith('o') ? Math.round(said * (1 + 2 * random.uniform('reasoning', key))) : 0;
  return { outputTokens: said + reasoningTokens, reasoningTokens };
}

function statusOf(random: SeededRandom, key: string, isOutage: boolean): LlmCall['status'] {
  if (isOutage && random.uniform('outage', key) < planted.billedFailures.share) return 'timeout';
  return isOutage
    ? 'ok'
    : random.choose(
        [
          ['ok', 985],
          ['error', 11],
          ['timeout', 4],
        ] as const,
        'status',
        key,
      );
}

function factorOf(model: string, daysBefore: number): string {
  const { dearerDay } = planted;
  return model === dearerDay.model && daysBefore === dearerDay.daysBefore ? dearerDay.factor : '1';
}

/** USD at the provider's prices: new tokens, tokens read from and written to the cache, and the answer. */
function costOf(price: Price, prompt: Prompt, outputTokens: number, factor: string): string {
  const { inputTokens, cachedInputTokens, cacheWrite5mTokens, cacheWrite1hTokens } = prompt;
  const [fiveMinutes, hour] = price.written ?? [price.input, price.input];
  return new Decimal(inputTokens - cachedInputTokens - cacheWrite5mTokens - cacheWrite1hTokens)
    .times(price.input)
    .plus(new Decimal(cachedInputTokens).times(price.cached))
    .plus(new Decimal(cacheWrite5mTokens).times(fiveMinutes))
    .plus(new Decimal(cacheWrite1hTokens).times(hour))
    .plus(new Decimal(outputTokens).times(price.output))
    .times(factor)
    .div(1_000_000)
    .toFixed();
}

/** The calls as the shop recorded them, for the door of usage. */
export function* llmUsage(calls: Iterable<LlmCall>): Generator<LlmRequest> {
  for (const { isRecorded, billedTokens: _tokens, cost: _cost, startedAt, provider, ...call } of calls) {
    if (!isRecorded) continue;
    yield { ...call, startedAt: startedAt.toISOString(), provider: provider.toLowerCase(), operation: 'chat' };
  }
}

/**
 * The providers' bills for these calls, which must come in the order of their hours: one line per hour (per day where it is
 * long before `story`), model, customer, feature and environment.
 */
export function* llmBills(calls: Iterable<LlmCall>, story: Date): Generator<FocusRow> {
  const fine = fineSince(story).getTime();
  let start = Number.NaN;
  let groups = new Map<string, { first: LlmCall; cost: Decimal; tokens: number }>();
  const hours = (): number => (start < fine ? 24 : 1);
  for (const call of calls) {
    const at = call.startedAt.getTime();
    const grain = at < fine ? DAY_MS : HOUR_MS;
    const begin = Math.floor(at / grain) * grain;
    if (begin !== start) {
      yield* billed(groups, start, hours());
      groups = new Map();
      start = begin;
    }
    if (call.billedTokens === 0) continue;
    const key = [call.model, call.customer, call.feature, call.environment].join('|');
    const group = groups.get(key) ?? { first: call, cost: new Decimal(0), tokens: 0 };
    group.cost = group.cost.plus(call.cost);
    group.tokens += call.billedTokens;
    groups.set(key, group);
  }
  yield* billed(groups, start, hours());
}

function* billed(
  groups: ReadonlyMap<string, { first: LlmCall; cost: Decimal; tokens: number }>,
  start: number,
  hours: number,
): Generator<FocusRow> {
  for (const { first, cost, tokens } of groups.values()) {
    const row = focusRow({
      provider: {
        name: first.provider,
        account: `org-${first.provider.toLowerCase()}`,
        accountName: 'Northwind',
        issuer: first.provider,
      },
      start: new Date(start),
      hours,
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
        ...(first.customer === '' ? {} : { customer: first.customer }),
        feature: first.feature,
        model: first.model,
        environment: first.environment,
      },
    });
    const amount = cost.toFixed();
    yield { ...row, BilledCost: amount, EffectiveCost: amount, ListCost: amount, ContractedCost: amount };
  }
}
