import { describe, expect, test } from '@jest/globals';
import { eventFrame } from '../../../../../deploy/simulator/speech/event-frame.ts';
import { Untranslatable } from '../../dialects/dialect.ts';
import { awsSignature, type SignedRequest } from './aws-signature.ts';
import { roadTo } from '../provider-kind.ts';
import { bedrock } from './bedrock.ts';
import { chatToConverse } from './chat-to-converse.ts';
import { EventFrameReader } from './event-frames.ts';

/** Keys, time and signatures of the test suite that AWS publishes for Signature Version 4 (aws-sig-v4-test-suite). */
const published = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  scope: { region: 'us-east-1', service: 'service' },
  now: Date.parse('2015-08-30T12:36:00Z'),
};
const example = { host: 'example.amazonaws.com', method: 'GET', path: '/', body: '' };

function signatureOf(request: Partial<SignedRequest>): string {
  const { credentials, scope, now } = published;
  const signed = awsSignature({ ...example, ...request }, credentials, scope, now);
  return /Signature=(\w+)/.exec(signed['authorization'] ?? '')?.[1] ?? '';
}

describe('the signature', () => {
  test.each<[string, Partial<SignedRequest>, string]>([
    ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      { path: '/?Param2=value2&Param1=value1' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-x-www-form-urlencoded',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Param1=value1',
      },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('is that of the published example %s', (_name, request, signature) => {
    expect(signatureOf(request)).toBe(signature);
  });

  test('names what it signed, and carries the token of a session', () => {
    const { credentials, scope, now } = published;
    const headers = awsSignature(
      { ...example, headers: { 'content-type': 'application/json' } },
      { ...credentials, sessionToken: 'token' },
      scope,
      now,
    );
    expect(headers).toMatchObject({ 'x-amz-date': '20150830T123600Z', 'x-amz-security-token': 'token' });
    expect(headers['authorization']).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token');
  });
});

describe('frames of an event stream', () => {
  const event = (type: string, payload: object): Buffer =>
    eventFrame({ ':message-type': 'event', ':event-type': type }, JSON.stringify(payload));
  const frames = [
    event('messageStart', { role: 'assistant' }),
    event('contentBlockDelta', { delta: { text: '날씨' } }),
  ];

  test('are read however the pieces are cut', () => {
    const bytes = Buffer.concat(frames);
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new EventFrameReader();
      const read = [];
      for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(bytes.subarray(at, at + size)));
      expect([...read, ...reader.end()]).toEqual([
        { event: 'messageStart', data: '{"role":"assistant"}' },
        { event: 'contentBlockDelta', data: '{"delta":{"text":"날씨"}}' },
      ]);
    }
  });

  test('that are damaged, impossible or cut off are an error', () => {
    const good = frames[0]!;
    for (let at = 0; at < good.length; at++) {
      const damaged = Buffer.from(good);
      damaged[at]! ^= 0x10;
      expect(() => new EventFrameReader().push(damaged)).toThrow(RangeError);
    }
    const reader = new EventFrameReader();
    reader.push(good.subarray(0, -1));
    expect(() => reader.end()).toThrow('within a frame');
  });

  test('that tell an exception tell it as the other dialects do', () => {
    const said = eventFrame(
      { ':message-type': 'exception', ':exception-type': 'throttlingException' },
      '{"message":"Slow down"}',
    );
    const [told] = new EventFrameReader().push(said);
    expect(told).toEqual({
      event: 'exception',
      data: '{"error":{"type":"throttlingException","message":"Slow down"}}',
    });
  });
});

describe('chat completions served by Converse', () => {
  const { request } = chatToConverse(() => 0);
  const hello = { model: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: 'Hello' }] };
  const tools = [{ type: 'function', function: { name: 'look_up' } }];

  test('what would change the answer is refused rather than forgotten', () => {
    const picture = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const called = { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'look_up', arguments: '{}' } }] };
    for (const [wish, field] of [
      [{ n: 2 }, 'n'],
      [{ response_format: { type: 'json_object' } }, 'response_format'],
      [{ tools, parallel_tool_calls: false }, 'parallel_tool_calls'],
      [{ tools, tool_choice: 'none', messages: [called] }, 'tool_choice'],
      [{ messages: [{ role: 'user', content: [picture] }] }, 'messages[0].content[0].image_url'],
    ] as const)
      expect(() => request({ ...hello, ...wish })).toThrow(
        expect.objectContaining({ constructor: Untranslatable, fields: [field] }),
      );
  });

  test('thinking is asked of the models that are asked so, and named as dropped of others', () => {
    const effort = { reasoning_effort: 'low', max_tokens: 100, temperature: 0.2 };
    expect(request({ ...hello, ...effort }).dropped).toEqual(['reasoning_effort']);
    const claude = request({ ...hello, ...effort, model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0' });
    expect(claude).toMatchObject({
      dropped: ['temperature'],
      body: {
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
        inferenceConfig: { maxTokens: 1124 },
      },
    });
    expect(claude.body['inferenceConfig']).not.toHaveProperty('temperature');
    expect(request({ ...hello, ...effort, model: 'global.anthropic.claude-opus-5-v1:0' }).body).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      inferenceConfig: { maxTokens: 100 },
    });
  });

  test('what a caller of the Messages API wishes to be cached is marked for models of Anthropic', () => {
    const marked = { cache_control: { type: 'ephemeral' } };
    const asked = {
      max_tokens: 9,
      system: [{ type: 'text', text: 'Long.', ...marked }],
      tools: [{ name: 'look', input_schema: { type: 'object' }, ...marked }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...marked }] }],
    };
    const cachePoint = { cachePoint: { type: 'default' } };
    const road = roadTo(bedrock, 'messages', () => 0)!.translation!;
    expect(road.request({ ...asked, model: 'anthropic.claude-haiku-4-5-20251001-v1:0' }).body).toMatchObject({
      system: [{ text: 'Long.' }, cachePoint],
      messages: [{ content: [{ text: 'Hi' }, cachePoint] }],
      toolConfig: { tools: [{ toolSpec: { name: 'look' } }, cachePoint] },
    });
    const plain = road.request({ ...asked, model: 'amazon.nova-pro-v1:0' });
    expect(JSON.stringify(plain.body)).not.toContain('cache');
    expect(plain.dropped).toContain('cache_control');
  });
});
