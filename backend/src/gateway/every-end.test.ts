import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openGatewayStand, plainPolicy, type GatewayStand } from './fixtures/gateway-stand.ts';
import { ProviderSimulator } from './fixtures/provider-simulator.ts';

/** However a call ends, each of its tries leaves one record of usage, with what is known of what it cost. */
const provider = new ProviderSimulator();
let gateway: GatewayStand;
const kinds = ['openai', 'anthropic', 'gemini', 'bedrock'] as const;

beforeAll(async () => {
  process.env['END_TEST_ID'] = 'AKIDEXAMPLE';
  const url = await provider.start();
  const aws = { region: 'us-east-1', accessKeyIdVariable: 'END_TEST_ID', secretAccessKeyVariable: 'END_TEST_ID' };
  const short = { guards: { maxAttempts: 1 }, fallback: { totalMs: 2000 } };
  gateway = await openGatewayStand({
    providers: [
      ...kinds.map((kind) => ({ name: kind, kind, url, ...(kind === 'bedrock' ? { aws } : {}) })),
      { name: 'nobody', kind: 'compatible', url: 'http://127.0.0.1:9' },
    ],
    policies: [
      ...kinds.map((kind) => plainPolicy(`by-${kind}`, [kind], { guards: { maxAttempts: 1 } })),
      ...kinds.map((kind) => plainPolicy(`short-${kind}`, [kind], short)),
      plainPolicy('nowhere', ['openai'], { guards: { regions: ['mars'] } }),
      plainPolicy('nobody', ['nobody'], { guards: { maxAttempts: 1 } }),
    ],
  });
});

afterAll(async () => {
  await gateway.close();
  await provider.close();
  delete process.env['END_TEST_ID'];
});

afterEach(() => {
  provider.behaviour = {};
});

const long = Array.from({ length: 400 }, (_, index) => `word${index} `);
const ask = (model: string, stream: boolean, signal?: AbortSignal): Promise<Response> =>
  gateway.ask('/v1/chat/completions', { model, stream, messages: [{ role: 'user', content: 'Hello' }] }, {}, signal);

/** The one record of the call. */
async function recordOf(answer: Response): Promise<GatewayStand['kept'][number]> {
  const id = answer.headers.get('x-amadeus-request-id')!;
  const record = await gateway.usage(id);
  expect(gateway.kept.filter(({ requestId }) => requestId.startsWith(id))).toHaveLength(1);
  return record;
}

describe.each(kinds)('a call served by %s', (kind) => {
  test('that ends well has the tokens that the provider counted', async () => {
    const answers = await Promise.all([ask(`by-${kind}`, false), ask(`by-${kind}`, true)]);
    for (const answer of answers) {
      await answer.text();
      expect(await recordOf(answer)).toMatchObject({
        ...{ status: 'ok', inputTokens: 1000, cachedInputTokens: 400, outputTokens: 3 },
      });
    }
  });

  test('whose stream is cut, or falls silent, has what was written until then', async () => {
    provider.script.push({ words: long, cutAfter: 203 }, { words: long, stallAfter: 203 });
    const cut = await ask(`by-${kind}`, true);
    expect(await cut.text()).toContain('upstream_failed');
    const silent = await ask(`short-${kind}`, true);
    expect(await silent.text()).toContain('timeout');
    for (const [answer, status] of [
      [cut, 'error'],
      [silent, 'timeout'],
    ] as const) {
      const record = await recordOf(answer);
      expect(record).toMatchObject({ status, tags: { 'gateway.estimated': 'true' } });
      // Two hundred words of seven to eight characters, four characters a token.
      expect(record.outputTokens).toBeGreaterThan(300);
      expect(record.outputTokens).toBeLessThan(420);
      expect(record.inputTokens).toBeGreaterThan(0);
    }
  });

  test('whose caller hangs up has what was written until then, and the provider is told to stop', async () => {
    provider.script.push({ words: long, betweenMs: 10 });
    const hangUp = new AbortController();
    const answer = await ask(`by-${kind}`, true, hangUp.signal);
    const reader = answer.body!.getReader();
    for (let read = 0; read < 200; read += (await reader.read()).value?.length ?? 200);
    hangUp.abort();
    const record = await recordOf(answer);
    expect(record.status).toBe('cancelled');
    expect(record.outputTokens).toBeLessThan(400);
    expect(record.durationMs!).toBeLessThan(3500);
  });

  test('whose caller leaves with the last word, as SDKs do, has ended well', async () => {
    provider.script.push({ betweenMs: 100 });
    const hangUp = new AbortController();
    const answer = await ask(`by-${kind}`, true, hangUp.signal);
    const reader = answer.body!.getReader();
    let text = '';
    while (!text.includes('[DONE]')) text += Buffer.from((await reader.read()).value ?? []).toString();
    hangUp.abort();
    expect(await recordOf(answer)).toMatchObject({ status: 'ok', inputTokens: 1000, outputTokens: 3 });
  });

  test('that is refused, or whose provider is not there, costs nothing', async () => {
    provider.script.push({ status: 429, retryAfter: 1 }, { status: 500 });
    const answers = [await ask(`by-${kind}`, true), await ask(`by-${kind}`, false), await ask('nobody', true)];
    expect(answers.map(({ status }) => status)).toEqual([429, 500, 502]);
    for (const answer of answers)
      expect(await recordOf(answer)).toMatchObject({ status: 'error', inputTokens: 0, outputTokens: 0 });
    expect(answers[0]!.headers.get('retry-after')).toBe(kind === 'bedrock' ? null : '1');
  });
});

test('a whole answer that is cut in its middle has the prompt, as an estimate', async () => {
  provider.script.push({ cutAfter: 1 });
  const answer = await ask('by-openai', false);
  expect(answer.status).toBe(502);
  const record = await recordOf(answer);
  expect(record).toMatchObject({ status: 'error', tags: { 'gateway.estimated': 'true' } });
  expect(record.inputTokens).toBeGreaterThan(0);
});

test('a whole answer whose caller is gone is read to its end, for it is billed', async () => {
  provider.script.push({ firstMs: 300 });
  const before = gateway.kept.length;
  const hangUp = new AbortController();
  const asked = ask('by-openai', false, hangUp.signal);
  setTimeout(() => hangUp.abort(), 100);
  await expect(asked).rejects.toThrow();
  for (let n = 0; n < 200 && gateway.kept.length === before; n++) await new Promise((next) => setTimeout(next, 25));
  expect(gateway.kept.slice(before)).toMatchObject([{ inputTokens: 1000, outputTokens: 3 }]);
});

test('a call for which no route may be asked stands among those that were not answered', async () => {
  const answer = await ask('nowhere', false);
  expect(answer.status).toBe(400);
  expect(await recordOf(answer)).toMatchObject({
    ...{ status: 'error', inputTokens: 0, outputTokens: 0, provider: 'openai', team: 'search' },
    tags: { 'gateway.refused': 'no_route', 'gateway.policy': 'nowhere', 'gateway.route': 'none' },
  });
});

test('a caller who takes nothing is let go once the time of the call is over', async () => {
  provider.script.push({ words: Array.from({ length: 12_000 }, () => 'x'.repeat(1000)) });
  const before = gateway.kept.length;
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).pause();
  const body = JSON.stringify({ model: 'short-openai', stream: true, messages: [{ role: 'user', content: 'Hello' }] });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${gateway.secret}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  for (let n = 0; n < 400 && gateway.kept.length === before; n++) await delay(25);
  expect(gateway.kept.slice(before)).toMatchObject([{ status: 'cancelled', tags: { 'gateway.estimated': 'true' } }]);
  await delay(6_000);
  let text = '';
  const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));
  socket.on('data', (piece) => (text += piece.toString())).resume();
  await closed;
  // It would have been the end of what a caller reads who is still there.
  expect(text).not.toContain('was not taken in time');
}, 30_000);
