// Providers, policies and applications of the demo's LLM calls.
import type { Traits } from '../deploy/simulator/character.ts';
import type { Caller } from '../deploy/simulator/demand.ts';

/** An application: the key that is made for it, and how it calls. */
export interface DemoApplication {
  key: { name: string; team: string; product: string; feature: string; environment: string };
  caller: Omit<Caller, 'secret'>;
}

export const demoProviders: readonly { name: string; kind: string; region: string; traits: Traits }[] = [
  {
    name: 'openai-simulated',
    kind: 'openai',
    region: 'us',
    traits: { speed: 1.4, failures: 0.01, cuts: 0.002, cached: 0.3, requestsPerMinute: 600 },
  },
  {
    name: 'anthropic-simulated',
    kind: 'anthropic',
    region: 'us',
    traits: { speed: 1, failures: 0.02, stalls: 0.001, cached: 0.5, requestsPerMinute: 300 },
  },
  {
    name: 'google-simulated',
    kind: 'gemini',
    region: 'eu',
    traits: { speed: 2.2, failures: 0.03, cuts: 0.004 },
  },
];

const openai = (model: string, quality: number) => ({ provider: 'openai-simulated', model, quality });
const anthropic = (model: string, quality: number) => ({ provider: 'anthropic-simulated', model, quality });
const google = (model: string, quality: number) => ({ provider: 'google-simulated', model, quality });

export const demoPolicies: readonly object[] = [
  {
    name: 'assistant',
    match: { models: ['assistant'] },
    choose: {
      strategy: 'ordered',
      sticky: 'session',
      routes: [anthropic('claude-sonnet-4-20250514', 0.92), openai('gpt-4.1', 0.9)],
    },
    fallback: { firstTokenMs: 3000, totalMs: 60_000 },
  },
  {
    name: 'answers',
    match: { models: ['answers'] },
    choose: {
      strategy: 'cheapest',
      maxLatencyMs: 8000,
      routes: [google('gemini-2.5-flash', 0.82), openai('gpt-4.1-mini', 0.84)],
    },
    fallback: { firstTokenMs: 2000, totalMs: 30_000 },
    guards: { maxOutputTokens: 1000 },
    // Short, so that questions are answered anew now and then.
    cache: { ttlSeconds: 600 },
  },
  {
    name: 'triage',
    match: { models: ['triage'] },
    choose: {
      strategy: 'weights',
      routes: [
        { ...openai('gpt-4.1-mini', 0.84), weight: 3 },
        { ...anthropic('claude-3-5-haiku-20241022', 0.8), weight: 1 },
      ],
    },
    fallback: { firstTokenMs: 3000, totalMs: 30_000 },
  },
  {
    name: 'embeddings',
    match: { models: ['text-embedding-3-small'] },
    choose: { routes: [openai('text-embedding-3-small', 1)] },
  },
];

const customers = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark'];

function application(team: string, product: string, feature: string, caller: Omit<Caller, 'secret'>): DemoApplication {
  return { key: { name: `Demo: ${feature}`, team, product, feature, environment: 'production' }, caller };
}

/** About forty calls a minute in all. */
export const demoApplications: readonly DemoApplication[] = [
  application('assist', 'assistant', 'chat', {
    ...{ model: 'assistant', dialect: 'messages', perMinute: 9, streamed: 0.9, customers },
  }),
  application('search', 'search', 'semantic-search', {
    ...{ model: 'answers', dialect: 'chat', perMinute: 14, streamed: 0.6, repeated: 0.4, customers },
  }),
  application('assist', 'assistant', 'summaries', {
    ...{ model: 'answers', dialect: 'chat', perMinute: 5, customers },
  }),
  application('support', 'helpdesk', 'ticket-triage', {
    ...{ model: 'triage', dialect: 'chat', perMinute: 7, repeated: 0.3 },
  }),
  application('search', 'search', 'catalogue', {
    ...{ model: 'text-embedding-3-small', dialect: 'embeddings', perMinute: 5 },
  }),
];
