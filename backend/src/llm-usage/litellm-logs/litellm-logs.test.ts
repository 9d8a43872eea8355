import { describe, expect, test } from '@jest/globals';
import { mapFile } from '../fixtures/map-calls.ts';
import { litellmLogsConnector } from './litellm-logs.ts';

const folder = import.meta.dirname;

describe('logging payloads of LiteLLM', () => {
  const { requests, quarantined } = mapFile(litellmLogsConnector, folder, 'payloads.ndjson');

  test('tell tokens by kind, what the proxy reckoned, and whose call it was', () => {
    expect(requests[0]).toEqual({
      requestId: 'chatcmpl-a',
      startedAt: '2026-11-20T10:00:00.250Z',
      provider: 'anthropic',
      model: 'claude-sonnet-4-20250514',
      operation: 'chat',
      inputTokens: 1_040,
      cachedInputTokens: 600,
      cacheWrite5mTokens: 200,
      outputTokens: 100,
      reasoningTokens: 30,
      status: 'ok',
      durationMs: 2_500,
      firstTokenMs: 500,
      team: 'assist',
      product: 'assistant-key',
      customer: 'acme',
      feature: 'chat',
      environment: 'production',
      session: 'trace-1',
      user: 'u-1',
      traceId: 'trace-1',
      tags: { jobID: '42', blue: 'true', model_group: 'smart' },
      reportedCost: '0.0000285',
      reportedCurrency: 'USD',
    });
  });

  test('count no tokens for an answer from the own cache of the proxy: nobody was paid for it', () => {
    expect(requests[1]).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      reportedCost: '0',
      tags: { proxy_cache: 'hit' },
    });
  });

  test('name the provider before the model only once, and time-outs', () => {
    expect(requests[2]).toMatchObject({ provider: 'openai', model: 'gpt-4.1', status: 'timeout' });
  });

  test('are read inside their envelope; what has no count is quarantined', () => {
    expect(requests[3]).toMatchObject({ requestId: 'emb-1', operation: 'embeddings', inputTokens: 900 });
    expect(quarantined).toEqual(['5: inputTokens The count is not a whole number of 0 or more.']);
  });
});

test('rows of the spend table are read, with JSON inside JSON and times without a zone', () => {
  const { requests } = mapFile(litellmLogsConnector, folder, 'spend-logs.json');
  expect(requests).toMatchObject([
    {
      requestId: 'spend-1',
      startedAt: '2026-11-20T10:00:00.123Z',
      reportedCost: '0.0042',
      durationMs: 1_000,
      firstTokenMs: 500,
      team: 'search',
      customer: 'globex',
      session: 'session-5',
      tags: { env: 'ci', model_group: 'gpt-4.1' },
    },
  ]);
});
