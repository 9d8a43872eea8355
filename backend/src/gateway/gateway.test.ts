import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHttpStand, type HttpStand } from '../anycost/fixtures/http-stand.ts';
import { composeRooms } from '../compose.ts';
import { openPlatform, type OpenPlatform } from '../open-platform.ts';
import type { Room } from '../platform/platform.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { ProviderSimulator } from './fixtures/provider-simulator.ts';
import type { GatewayRoom } from './index.ts';

/** The whole service with a gateway before two simulated providers: applications call it, and what they cost is counted. */
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-gateway-'));
const first = new ProviderSimulator();
const second = new ProviderSimulator();
const claude = new ProviderSimulator();
let stores: TestStores;
let opened: OpenPlatform;
let rooms: Room[];
let http: HttpStand;
let gateway: string;
let secret: string;

beforeAll(async () => {
  const [firstUrl, secondUrl, claudeUrl] = await Promise.all([first.start(), second.start(), claude.start()]);
  const routes = (...names: string[]) => names.map((provider) => ({ provider, model: 'gpt-4o-mini' }));
  const policy = (name: string, routes: object[], rest: object = {}) => ({
    name,
    match: { models: [name] },
    choose: { strategy: 'ordered', routes },
    ...rest,
  });
  const environment = {
    AMADEUS_DATA_DIR: dataDir,
    AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    AMADEUS_WAREHOUSE_CACHE_SECONDS: '0',
    AMADEUS_GATEWAY_PORT: '0',
    AMADEUS_GATEWAY_PROVIDERS: JSON.stringify([
      { name: 'first', kind: 'openai', url: firstUrl, apiKeyVariable: 'GATEWAY_TEST_KEY', region: 'eu' },
      { name: 'second', kind: 'compatible', url: `${secondUrl}/v1`, region: 'us' },
      { name: 'claude', kind: 'anthropic', url: claudeUrl },
      { name: 'gone', kind: 'compatible', url: 'http://127.0.0.1:9' },
    ]),
    AMADEUS_GATEWAY_POLICIES: JSON.stringify([
      policy('fast', routes('first', 'second'), { fallback: { firstTokenMs: 2500, totalMs: 30_000 } }),
      policy('strong', [{ provider: 'claude', model: 'claude-sonnet-4-20250514' }]),
      policy('unreached', routes('gone', 'second')),
      policy('spare', routes('second', 'first')),
      policy('nowhere', routes('first'), { guards: { regions: ['kr'] } }),
      policy('short', routes('second'), { guards: { maxOutputTokens: 5 } }),
    ]),
  };
  process.env['GATEWAY_TEST_KEY'] = 'sk-of-the-provider';
  stores = await testStores({ environment });
  opened = await openPlatform(stores.config, '0.1.0', () => undefined);
  rooms = composeRooms(opened, { version: '0.1.0', onProgress: () => undefined });
  const room = rooms.find(({ name }) => name === 'gateway') as GatewayRoom;
  for (const one of rooms) await one.start?.(new AbortController().signal);
  http = await openHttpStand(
    opened.platform,
    rooms.filter(({ routes }) => routes),
  );
  gateway = `http://127.0.0.1:${room.port()}`;
  const made = await admin('POST', '/api/gateway/keys', { name: 'shop', team: 'search', feature: 'answers' });
  secret = (made['secret'] as string) ?? '';
  await until(async () => (await fetch(`${gateway}/v1/models`, { headers: bearer() })).status === 200);
}, 180_000);
afterAll(async () => {
  await http.close();
  for (const room of [...rooms].reverse()) await room.close?.();
  await opened.close();
  await stores.close();
  await Promise.all([first.close(), second.close(), claude.close()]);
  rmSync(dataDir, { recursive: true, force: true });
  delete process.env['GATEWAY_TEST_KEY'];
});
afterEach(() => {
  for (const one of [first, second, claude]) {
    one.behaviour = {};
    one.seen.length = 0;
    one.script.length = 0;
  }
});

const bearer = (): Record<string, string> => ({ authorization: `Bearer ${secret}` });

async function admin(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  payload?: object,
): Promise<Record<string, unknown>> {
  const { status, body } = await http.send(method, url, payload ? { payload } : {});
  if (status >= 300) throw new Error(`${method} ${url}: ${status} ${JSON.stringify(body)}`);
  return body as Record<string, unknown>;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 400; n++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come to hold within ten seconds');
}

function ask(
  path: string,
  body: object,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(gateway + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(), ...headers },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

const hello = { messages: [{ role: 'user', content: 'Hello' }] };

/** The kept record of a call, as soon as the warehouse has it. */
async function kept(id: string): Promise<Record<string, unknown>> {
  let rows: Record<string, unknown>[] = [];
  await until(async () => {
    ({ rows } = await opened.platform.warehouse.query<Record<string, unknown>>(
      'SELECT * FROM fact_llm_request FINAL WHERE RequestId = {id:String}',
      { params: { id } },
    ));
    return rows.length > 0;
  });
  return rows[0]!;
}

describe('calls', () => {
  test('an answer comes back byte for byte, and its usage and cost are kept', async () => {
    const answer = await ask(
      '/v1/chat/completions',
      { model: 'fast', seed: 7, ...hello },
      { 'x-amadeus-session': 's1' },
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'Hello wide world' } }] });
    expect(answer.headers.get('x-amadeus-route')).toBe('first/gpt-4o-mini');
    expect(first.seen[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: { model: 'gpt-4o-mini', seed: 7, ...hello },
      headers: { authorization: 'Bearer sk-of-the-provider' },
    });
    const row = await kept(answer.headers.get('x-amadeus-request-id')!);
    expect(row).toMatchObject({ InputTokens: '1000', CachedInputTokens: '400', OutputTokens: '3', Status: 'ok' });
    expect(JSON.stringify(row)).toContain('gateway.policy');
    expect(row).toMatchObject({ Team: 'search', Feature: 'answers', Session: 's1' });
    // 600 x 0.15 + 400 x 0.075 + 3 x 0.6 dollars a million, as the start set of the price book has gpt-4o-mini.
    expect(Number(row['Cost'])).toBeCloseTo(0.0001218, 12);
  });

  test('a stream is handed on as it is; usage that was not asked for is counted and not shown', async () => {
    const streamed = await ask('/v1/chat/completions', { model: 'fast', stream: true, ...hello });
    const text = await streamed.text();
    expect(text).toContain('" wide"');
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect(text).not.toContain('"usage"');
    expect(first.seen[0]!.body['stream_options']).toEqual({ include_usage: true });
    expect(await kept(streamed.headers.get('x-amadeus-request-id')!)).toMatchObject({
      OutputTokens: '3',
      Status: 'ok',
    });
    const asked = await ask('/v1/chat/completions', {
      model: 'fast',
      stream: true,
      stream_options: { include_usage: true },
      ...hello,
    });
    expect(await asked.text()).toContain('"prompt_tokens":1000');
  });

  test('embeddings and the list of models', async () => {
    const answer = await ask('/v1/embeddings', { model: 'fast', input: ['a', 'b'] });
    expect((await answer.json()) as object).toMatchObject({ data: [{ index: 0 }, { index: 1 }] });
    const models = (await (await fetch(`${gateway}/v1/models`, { headers: bearer() })).json()) as {
      data: { id: string }[];
    };
    expect(models.data.map(({ id }) => id)).toEqual(['fast', 'strong', 'unreached', 'spare', 'nowhere', 'short']);
  });

  test('each dialect is served by each kind of provider, whole and as a stream', async () => {
    claude.behaviour = { tools: [{ name: 'weather', arguments: '{"city":"Seoul"}' }] };
    const call = { index: 0, id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '' } };
    const chat = await ask('/v1/chat/completions', { model: 'strong', stream: true, ...hello });
    expect(await chat.text()).toContain(JSON.stringify(call));
    const whole = (await (await ask('/v1/chat/completions', { model: 'strong', ...hello })).json()) as object;
    expect(whole).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: { arguments: '{"city":"Seoul"}' } }] } }],
    });
    const responses = await ask('/v1/responses', { model: 'strong', input: 'Hello', stream: true });
    expect(await responses.text()).toContain('event: response.completed');
    claude.behaviour = {};
    const messages = await ask(
      '/v1/messages',
      { model: 'fast', max_tokens: 10, stream: true, ...hello },
      { 'x-api-key': secret, authorization: '' },
    );
    const said = await messages.text();
    expect(said).toContain('"text_delta","text":" wide"');
    expect(said).toContain('event: message_stop');
    expect(first.seen.at(-1)!.body).toMatchObject({
      max_completion_tokens: 10,
      stream_options: { include_usage: true },
    });
  });

  test('bounds of the policy are put on the request', async () => {
    await ask('/v1/chat/completions', { model: 'short', max_tokens: 100, ...hello });
    await ask('/v1/chat/completions', { model: 'short', max_tokens: 3, ...hello });
    expect(second.seen.map(({ body }) => body['max_tokens'])).toEqual([5, 3]);
  });
});

describe('when providers fail', () => {
  test('the next route takes over after an error, a refused connection, or silence', async () => {
    first.script.push({ status: 503 });
    const failed = await ask('/v1/chat/completions', { model: 'fast', ...hello });
    expect(failed.status).toBe(200);
    expect(failed.headers.get('x-amadeus-route')).toBe('second/gpt-4o-mini');
    expect(failed.headers.get('x-amadeus-attempts')).toBe('2');
    first.script.push({ firstMs: 30_000 });
    const slow = await ask('/v1/chat/completions', { model: 'fast', stream: true, ...hello });
    expect(await slow.text()).toContain('[DONE]');
    expect(slow.headers.get('x-amadeus-route')).toBe('second/gpt-4o-mini');
    const id = slow.headers.get('x-amadeus-request-id')!;
    // What was too slow may be billed all the same, and is told as an estimate.
    expect(await kept(id)).toMatchObject({ Status: 'timeout', OutputTokens: '0' });
    expect(await kept(`${id}.2`)).toMatchObject({ Status: 'ok', OutputTokens: '3' });
    const unreached = await ask('/v1/chat/completions', { model: 'unreached', ...hello });
    expect(unreached.status).toBe(200);
  });

  test('what is the fault of the request is told at once, what is not is tried again', async () => {
    first.script.push({ status: 422 });
    const refused = await ask('/v1/chat/completions', { model: 'fast', ...hello });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ error: { message: 'simulated 422' } });
    expect(second.seen).toHaveLength(0);
    for (const one of [first, second]) one.behaviour = { status: 500 };
    const down = await ask('/v1/messages', { model: 'fast', max_tokens: 5, ...hello });
    expect(down.status).toBe(500);
    expect(await down.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } });
  });

  test('a stream that is cut says so, and what came counts', async () => {
    second.behaviour = { cutAfter: 3, betweenMs: 30 };
    const cut = await ask('/v1/chat/completions', { model: 'short', stream: true, ...hello });
    expect(await cut.text()).toContain('upstream_failed');
    const row = await kept(cut.headers.get('x-amadeus-request-id')!);
    expect(row).toMatchObject({ Status: 'error' });
    expect(Number(row['OutputTokens'])).toBeGreaterThan(0);
    expect(JSON.stringify(row)).toContain('gateway.estimated');
  });

  test('a caller who hangs up stops the stream, and what was said until then counts', async () => {
    second.behaviour = { betweenMs: 50, words: Array.from({ length: 200 }, (_, n) => `word${n} `) };
    const hangUp = new AbortController();
    const streamed = await ask('/v1/chat/completions', { model: 'short', stream: true, ...hello }, {}, hangUp.signal);
    const reader = streamed.body!.getReader();
    await reader.read();
    await reader.read();
    hangUp.abort();
    await expect(reader.read()).rejects.toThrow();
    const row = await kept(streamed.headers.get('x-amadeus-request-id')!);
    expect(row).toMatchObject({ Status: 'cancelled' });
    expect(Number(row['OutputTokens'])).toBeLessThan(200);
  });
});

describe('keys and refusals', () => {
  test('calls without a key, with a wrong one, or for what the key may not ask are refused in words', async () => {
    const none = await fetch(`${gateway}/v1/chat/completions`, { method: 'POST', body: '{}' });
    expect(none.status).toBe(401);
    expect(await none.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
    const wrong = await ask('/v1/messages', hello, { authorization: `Bearer amk_${'x'.repeat(43)}` });
    expect(wrong.status).toBe(401);
    expect(await wrong.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    const foreign = await ask('/v1/chat/completions', hello, { authorization: 'Bearer sk-proj-0123456789' });
    expect(foreign.status).toBe(401);
    const said = await foreign.text();
    expect(said).toContain('What was sent is no key of this gateway');
    expect(said).not.toContain('sk-proj');
    const cases: [object | string, number, string][] = [
      ['{', 400, 'invalid_json'],
      ['[]', 400, 'invalid_json'],
      [{ ...hello }, 400, 'missing_model'],
      [{ model: 'unknown', ...hello }, 404, 'model_not_found'],
      [{ model: 'nowhere', ...hello }, 400, 'no_route'],
    ];
    for (const [body, status, code] of cases) {
      const answer = await fetch(`${gateway}/v1/chat/completions`, {
        method: 'POST',
        headers: bearer(),
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      expect(await answer.json()).toMatchObject({ error: { code } });
      expect(answer.status).toBe(status);
    }
    expect(first.seen).toHaveLength(0);
  });

  test('a revoked key is refused without a restart; its secret is nowhere', async () => {
    const made = await admin('POST', '/api/gateway/keys', { name: 'short-lived', models: ['fast'] });
    const own = made['secret'] as string;
    const { id } = made['key'] as { id: string };
    const status = async (): Promise<number> =>
      (await ask('/v1/chat/completions', { model: 'fast', ...hello }, { authorization: `Bearer ${own}` })).status;
    await until(async () => (await status()) === 200);
    const other = await ask('/v1/chat/completions', { model: 'strong', ...hello }, { authorization: `Bearer ${own}` });
    expect(other.status).toBe(403);
    await admin('DELETE', `/api/gateway/keys/${id}`);
    await until(async () => (await status()) === 401);
    expect(JSON.stringify(await admin('GET', '/api/gateway/keys'))).not.toContain(own);
    const rows = await opened.platform.store.query('SELECT * FROM gateway_key');
    expect(JSON.stringify(rows)).not.toContain(own);
  });

  test('a limit of requests refuses, says which and when there is room, and is told of in headers before', async () => {
    const made = await admin('POST', '/api/gateway/keys', { name: 'limited' });
    const { id } = made['key'] as { id: string };
    const own = { authorization: `Bearer ${String(made['secret'])}` };
    const asked = { name: 'of one key', per: 'key', only: [id], requestsPerDay: 2, tokensPerDay: 100_000 };
    const set = await admin('POST', '/api/gateway/limits', asked);
    await until(async () => (await ask('/v1/chat/completions', { model: 'nowhere', ...hello }, own)).status === 400);
    let answer = await ask('/v1/chat/completions', { model: 'fast', ...hello }, own);
    for (let n = 0; n < 3 && answer.headers.get('x-ratelimit-limit-requests') === null; n++) {
      await new Promise((resolve) => setTimeout(resolve, 1100));
      answer = await ask('/v1/chat/completions', { model: 'fast', ...hello }, own);
    }
    expect(answer.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(answer.headers.get('x-ratelimit-limit-tokens')).toBe('100000');
    expect(answer.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+s$/);
    const messages = await ask('/v1/messages', { model: 'fast', max_tokens: 5, ...hello }, own);
    expect(messages.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
    const refused = await ask('/v1/chat/completions', { model: 'fast', ...hello }, own);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      error: { code: 'rate_limit_exceeded', message: expect.stringContaining('of one key') },
    });
    const { limits } = (await admin('GET', '/api/gateway/limits')) as { limits: { id: string; use: object[] }[] };
    expect(limits.find((limit) => limit.id === set['id'])!.use).toMatchObject([{ value: id, requestsPerDay: 2 }]);
    await admin('DELETE', `/api/gateway/limits/${String(set['id'])}`);
    await until(async () => (await ask('/v1/chat/completions', { model: 'fast', ...hello }, own)).status === 200);
  });

  test('a budget that is full refuses, and what calls cost is settled to the last digit', async () => {
    await admin('POST', '/api/budgets', {
      ...{ name: 'canary', amount: '0.0003', currency: 'USD', timeZone: 'UTC', enforcement: 'enforce' },
      ...{ filters: [{ dimension: 'tag:ticket', values: ['42'] }], window: { kind: 'calendar', unit: 'month' } },
      ...{ thresholds: [{ kind: 'percent', value: '0.8', on: 'actual' }], channels: [] },
    });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const tagged = { 'x-amadeus-tags': 'ticket=42' };
    const body = { model: 'fast', max_tokens: 20, ...hello };
    const answers: number[] = [];
    for (let n = 0; n < 4; n++) {
      const answer = await ask('/v1/chat/completions', body, tagged);
      answers.push(answer.status);
      await until(async () => {
        const rows = await opened.platform.store.query<{ open: string }>(
          `SELECT count(*)::text AS open FROM budget_reservation WHERE state = 'open'`,
        );
        return rows[0]!.open === '0';
      });
    }
    // Each costs 0.0001218: after the third no room is left.
    expect(answers).toEqual([200, 200, 200, 429]);
    const { budgets } = (await admin('GET', '/api/budgets')) as { budgets: { name: string; counted?: object }[] };
    expect(budgets.find(({ name }) => name === 'canary')!.counted).toMatchObject({ settled: '0.0003654' });
  });

  test('a budget for one provider counts what is spent there, also as the second choice, and leaves the others open', async () => {
    await admin('POST', '/api/budgets', {
      ...{ name: 'openai alone', amount: '0.0003', currency: 'USD', timeZone: 'UTC', enforcement: 'enforce' },
      ...{ window: { kind: 'calendar', unit: 'month' } },
      filters: [
        { dimension: 'ProviderName', values: ['openai'] },
        { dimension: 'tag:ticket', values: ['43'] },
      ],
      ...{ thresholds: [{ kind: 'percent', value: '0.8', on: 'actual' }], channels: [] },
    });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const settled = async (): Promise<void> =>
      until(async () => {
        const rows = await opened.platform.store.query<{ open: string }>(
          `SELECT count(*)::text AS open FROM budget_reservation WHERE state = 'open'`,
        );
        return rows[0]!.open === '0';
      });
    const call = async (model: string): Promise<unknown[]> => {
      const answer = await ask(
        '/v1/chat/completions',
        { model, max_tokens: 20, ...hello },
        { 'x-amadeus-tags': 'ticket=43' },
      );
      await answer.text();
      await settled();
      return [answer.status, answer.headers.get('x-amadeus-route')];
    };
    expect(await call('spare')).toEqual([200, 'second/gpt-4o-mini']);
    second.behaviour = { status: 500 };
    for (let n = 0; n < 3; n++) expect(await call('spare')).toEqual([200, 'first/gpt-4o-mini']);
    expect(await call('spare')).toEqual([500, null]);
    second.behaviour = {};
    expect(await call('fast')).toEqual([200, 'second/gpt-4o-mini']);
    const { budgets } = (await admin('GET', '/api/budgets')) as { budgets: { name: string; counted?: object }[] };
    expect(budgets.find(({ name }) => name === 'openai alone')!.counted).toMatchObject({ settled: '0.0003654' });
  });
});
