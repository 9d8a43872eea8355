import { Exact, plain } from './exact.ts';
import type { Meter } from './meter.ts';
import type { PriceComponent, PriceCondition } from './price-entry.ts';

/** USD per million tokens. */
interface PerMillion {
  input?: string;
  cached?: string;
  write5m?: string;
  write1h?: string;
  output?: string;
  audio?: string;
}

interface ListedModel {
  provider: string;
  item: string;
  components: PriceComponent[];
  note: string;
}

const meterOf: Readonly<Record<keyof PerMillion, Meter>> = {
  input: 'input',
  cached: 'cached_input',
  write5m: 'cache_write_5m',
  write1h: 'cache_write_1h',
  output: 'output',
  audio: 'input_audio',
};

function tokens(prices: PerMillion, when?: PriceCondition): PriceComponent[] {
  return (Object.entries(prices) as [keyof PerMillion, string][]).map(([name, price]) => ({
    meter: meterOf[name],
    price: plain(new Exact(price).div(1_000_000)),
    ...(when ? { when } : {}),
  }));
}

/** Two figures, e.g. `half` of `{ input: '2' }` is `{ input: '1' }`. */
function scaled(prices: PerMillion, factor: string): PerMillion {
  return Object.fromEntries(
    (Object.entries(prices) as [string, string][]).map(([name, price]) => [
      name,
      plain(new Exact(price).times(factor)),
    ]),
  );
}

const listed = 'List price in USD as published by the provider, noted July 2026';

/** Batch and flex cost half of everything, cached reads included. */
function openai(item: string, prices: PerMillion, priority?: PerMillion, long?: PerMillion): ListedModel {
  const half = scaled(prices, '0.5');
  const components = [
    ...tokens(prices),
    ...tokens(half, { tier: 'batch' }),
    ...(priority ? tokens(priority, { tier: 'priority' }) : []),
    ...(long
      ? [
          ...tokens(long, { promptAbove: 272_000 }),
          ...tokens(scaled(long, '0.5'), { tier: 'batch', promptAbove: 272_000 }),
        ]
      : []),
    // Hosted web search: 10 USD for 1,000 calls.
    { meter: 'web_search' as const, price: '0.01' },
    { meter: 'file_search' as const, price: '0.0025' },
  ];
  return { provider: 'openai', item, components, note: `${listed}: openai.com/api/pricing` };
}

/** Writes to the cache cost 1.25 (5 minutes) and 2 (1 hour) times the input, reads a tenth, batches half of everything. */
function anthropic(item: string, input: string, output: string, longFactor = false): ListedModel {
  const prices: PerMillion = {
    input,
    cached: plain(new Exact(input).times('0.1')),
    write5m: plain(new Exact(input).times('1.25')),
    write1h: plain(new Exact(input).times(2)),
    output,
  };
  const long: PerMillion = { ...scaled(prices, '2'), output: plain(new Exact(output).times('1.5')) };
  const components = [
    ...tokens(prices),
    ...tokens(scaled(prices, '0.5'), { tier: 'batch' }),
    ...(longFactor ? tokens(long, { promptAbove: 200_000 }) : []),
    ...(longFactor ? tokens(scaled(long, '0.5'), { tier: 'batch', promptAbove: 200_000 }) : []),
    { meter: 'web_search' as const, price: '0.01' },
  ];
  return { provider: 'anthropic', item, components, note: `${listed}: anthropic.com/pricing` };
}

function google(
  item: string,
  prices: PerMillion,
  options: { long?: PerMillion; search: string; perQuery?: boolean },
): ListedModel {
  const { cached: _cached, ...withoutCache } = prices;
  const components: PriceComponent[] = [
    ...tokens(prices),
    ...tokens(scaled(withoutCache, '0.5'), { tier: 'batch' }),
    ...(options.long ? tokens(options.long, { promptAbove: 200_000 }) : []),
    { meter: options.perQuery ? 'web_search' : 'grounded_request', price: options.search },
  ];
  return { provider: 'google', item, components, note: `${listed}: ai.google.dev/gemini-api/docs/pricing` };
}

function plainTokens(provider: string, item: string, prices: PerMillion, page: string): ListedModel {
  return { provider, item, components: tokens(prices), note: `${listed}: ${page}` };
}

/** Models that people use most, so that a new installation can price what it sees. Price files and contracts come before. */
export const listedModels: readonly ListedModel[] = [
  openai(
    'gpt-5.5',
    { input: '5', cached: '0.5', output: '30' },
    { input: '10', cached: '1', output: '60' },
    { input: '10', cached: '1', output: '45' },
  ),
  openai('gpt-5.2', { input: '1.75', cached: '0.175', output: '14' }, { input: '3.5', cached: '0.35', output: '28' }),
  openai('gpt-5', { input: '1.25', cached: '0.125', output: '10' }, { input: '2.5', cached: '0.25', output: '20' }),
  openai(
    'gpt-5-mini',
    { input: '0.25', cached: '0.025', output: '2' },
    { input: '0.45', cached: '0.045', output: '3.6' },
  ),
  openai('gpt-5-nano', { input: '0.05', cached: '0.005', output: '0.4' }),
  openai('gpt-4.1', { input: '2', cached: '0.5', output: '8' }, { input: '3.5', cached: '0.875', output: '14' }),
  openai(
    'gpt-4.1-mini',
    { input: '0.4', cached: '0.1', output: '1.6' },
    { input: '0.7', cached: '0.175', output: '2.8' },
  ),
  openai(
    'gpt-4.1-nano',
    { input: '0.1', cached: '0.025', output: '0.4' },
    { input: '0.2', cached: '0.05', output: '0.8' },
  ),
  openai('gpt-4o', { input: '2.5', cached: '1.25', output: '10' }, { input: '4.25', cached: '2.125', output: '17' }),
  openai(
    'gpt-4o-mini',
    { input: '0.15', cached: '0.075', output: '0.6' },
    { input: '0.25', cached: '0.125', output: '1' },
  ),
  openai('o3', { input: '2', cached: '0.5', output: '8' }, { input: '3.5', cached: '0.875', output: '14' }),
  openai('o4-mini', { input: '1.1', cached: '0.275', output: '4.4' }, { input: '2', cached: '0.5', output: '8' }),
  openai('text-embedding-3-small', { input: '0.02' }),
  openai('text-embedding-3-large', { input: '0.13' }),
  {
    provider: 'openai',
    item: 'whisper-1',
    components: [{ meter: 'input_second', price: '0.0001' }],
    note: `${listed}: openai.com/api/pricing (0.006 a minute)`,
  },
  anthropic('claude-opus-5', '5', '25'),
  anthropic('claude-opus-4-5', '5', '25'),
  anthropic('claude-opus-4-1', '15', '75'),
  anthropic('claude-sonnet-5', '2', '10'),
  anthropic('claude-sonnet-4-5', '3', '15', true),
  anthropic('claude-sonnet-4', '3', '15', true),
  anthropic('claude-haiku-4-5', '1', '5'),
  anthropic('claude-3-7-sonnet', '3', '15'),
  anthropic('claude-3-5-sonnet', '3', '15'),
  anthropic('claude-3-5-haiku', '0.8', '4'),
  google(
    'gemini-3-pro-preview',
    { input: '2', cached: '0.2', output: '12' },
    { long: { input: '4', cached: '0.4', output: '18' }, search: '0.014', perQuery: true },
  ),
  google(
    'gemini-3-flash-preview',
    { input: '0.5', cached: '0.05', output: '3', audio: '1' },
    { search: '0.014', perQuery: true },
  ),
  google(
    'gemini-2.5-pro',
    { input: '1.25', cached: '0.125', output: '10' },
    { long: { input: '2.5', cached: '0.25', output: '15' }, search: '0.035' },
  ),
  google('gemini-2.5-flash', { input: '0.3', cached: '0.03', output: '2.5', audio: '1' }, { search: '0.035' }),
  google('gemini-2.5-flash-lite', { input: '0.1', cached: '0.01', output: '0.4', audio: '0.3' }, { search: '0.035' }),
  plainTokens('google', 'gemini-embedding-001', { input: '0.15' }, 'ai.google.dev/gemini-api/docs/pricing'),
  plainTokens('google', 'gemini-embedding-2', { input: '0.2' }, 'ai.google.dev/gemini-api/docs/pricing'),
  plainTokens('mistral', 'mistral-embed', { input: '0.1' }, 'mistral.ai/pricing'),
  plainTokens('mistral', 'mistral-large-latest', { input: '0.5', output: '1.5' }, 'mistral.ai/pricing'),
  plainTokens('mistral', 'mistral-medium-latest', { input: '1.5', output: '7.5' }, 'mistral.ai/pricing'),
  plainTokens('deepseek', 'deepseek-chat', { input: '0.28', cached: '0.028', output: '0.42' }, 'api-docs.deepseek.com'),
  plainTokens(
    'deepseek',
    'deepseek-reasoner',
    { input: '0.28', cached: '0.028', output: '0.42' },
    'api-docs.deepseek.com',
  ),
  plainTokens('groq', 'llama-3.3-70b-versatile', { input: '0.59', output: '0.79' }, 'groq.com/pricing'),
  plainTokens('groq', 'llama-3.1-8b-instant', { input: '0.05', output: '0.08' }, 'groq.com/pricing'),
  plainTokens(
    'together-ai',
    'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    { input: '0.88', output: '0.88' },
    'together.ai/pricing',
  ),
  plainTokens(
    'fireworks-ai',
    'accounts/fireworks/models/llama-v3p3-70b-instruct',
    { input: '0.9', output: '0.9' },
    'fireworks.ai/pricing',
  ),
  plainTokens(
    'bedrock',
    'meta.llama3-3-70b-instruct-v1:0',
    { input: '0.72', output: '0.72' },
    'aws.amazon.com/bedrock/pricing',
  ),
  plainTokens(
    'bedrock',
    'us.meta.llama3-3-70b-instruct-v1:0',
    { input: '0.72', output: '0.72' },
    'aws.amazon.com/bedrock/pricing',
  ),
  ...Object.entries({
    'amazon.titan-embed-text-v1': '0.1',
    'amazon.titan-embed-text-v2:0': '0.02',
    'cohere.embed-english-v3': '0.1',
    'cohere.embed-multilingual-v3': '0.1',
    'cohere.embed-v4:0': '0.12',
  }).map(([item, input]) => plainTokens('bedrock', item, { input }, 'aws.amazon.com/bedrock/pricing')),
  plainTokens('xai', 'grok-4', { input: '3', output: '15' }, 'docs.x.ai/docs/models'),
];
