import { describe, expect, test } from '@jest/globals';
import { mapFile } from '../fixtures/map-calls.ts';
import { openaiCompatibleConnector } from './openai-compatible.ts';

const settings = { provider: 'groq', fields: { cost: 'usage_cost' } };
const { requests, quarantined } = mapFile(openaiCompatibleConnector, import.meta.dirname, 'calls.ndjson', settings);
const one = (id: string) => requests.find(({ requestId }) => requestId === id);

describe('request logs of OpenAI-compatible APIs', () => {
  test('tell chat completions with cached, audio and reasoning tokens as parts', () => {
    expect(one('chatcmpl-1')).toEqual({
      requestId: 'chatcmpl-1',
      startedAt: '2026-11-20T10:00:00.000Z',
      provider: 'groq',
      model: 'llama-3.3-70b',
      operation: 'chat',
      inputTokens: 100,
      cachedInputTokens: 64,
      outputTokens: 40,
      reasoningTokens: 25,
      inputAudioTokens: 10,
      serviceTier: 'flex',
      status: 'ok',
      team: 'assist',
      customer: 'acme',
      session: 's1',
      durationMs: 812.5,
      firstTokenMs: 120,
    });
  });

  test('tell responses and the output of batches', () => {
    expect(one('resp_1')).toMatchObject({ inputTokens: 50, cachedInputTokens: 20, reasoningTokens: 10 });
    expect(one('chatcmpl-2')).toMatchObject({ serviceTier: 'batch', inputTokens: 10, outputTokens: 5 });
  });

  test('count cached tokens that stand beside the input into it', () => {
    expect(one('msg_1')).toMatchObject({ inputTokens: 95, cachedInputTokens: 80, cacheWrite5mTokens: 5 });
    expect(one('msg_1')!.startedAt).toBe('2026-11-20T10:00:03.250Z');
  });

  test('tell failures without usage, and the cost that the settings point at', () => {
    expect(one('req_1')).toMatchObject({ status: 'timeout', inputTokens: 0, outputTokens: 0 });
    expect(one('emb_1')).toMatchObject({ operation: 'embeddings', reportedCost: '0.00001', inputTokens: 300 });
  });

  test('without usage or time are quarantined', () => {
    expect(quarantined).toEqual([
      '6: usage The record tells no usage.',
      '7: startedAt The start is not an ISO 8601 instant.',
    ]);
  });
});
