import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHttpStand, type HttpStand } from '../anycost/fixtures/http-stand.ts';
import { composeRooms } from '../compose.ts';
import { CutWire } from '../gateway/fixtures/cut-wire.ts';
import { ProviderSimulator } from '../gateway/fixtures/provider-simulator.ts';
import type { GatewayRoom } from '../gateway/index.ts';
import { openPlatform, type OpenPlatform } from '../open-platform.ts';
import { wholeTenant } from '../platform/identity/index.ts';
import type { Room } from '../platform/platform.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import type { PromptsRoom } from '../prompts/index.ts';
import { TenantKeys } from '../tenant-keys/index.ts';
import { readEntry } from './entry-repository.ts';
import { aboutAnswer, type NewAnswer } from './entry-sealing.ts';
import { EntryWriter } from './entry-writer-client.ts';

/** The whole service, its store and warehouse behind wires that can be cut, before a simulated provider. */
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-cache-'));
const provider = new ProviderSimulator();
let stores: TestStores;
let store: CutWire;
let warehouse: CutWire;
let opened: OpenPlatform;
let rooms: Room[];
let http: HttpStand;
let gateway: string;
const secrets: Record<string, string> = {};

beforeAll(async () => {
  const url = await provider.start();
  const policy = (name: string, rest: object): object => ({
    ...{ name, match: { models: [name] }, choose: { routes: [{ provider: 'sim', model: 'gpt-4o-mini' }] } },
    ...rest,
  });
  const privacy = { action: 'tokenise', names: ['Ada Lovelace'] };
  const environment = {
    AMADEUS_DATA_DIR: dataDir,
    AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    AMADEUS_WAREHOUSE_CACHE_SECONDS: '0',
    AMADEUS_GATEWAY_PORT: '0',
    AMADEUS_GATEWAY_CACHE_STORE_ANSWERS_PER_SECOND: '20',
    AMADEUS_GATEWAY_PROVIDERS: JSON.stringify([{ name: 'sim', kind: 'openai', url }]),
    AMADEUS_GATEWAY_POLICIES: JSON.stringify([
      policy('cached', { cache: {} }),
      policy('other', { cache: {} }),
      policy('private', { privacy, cache: {}, store: { prompts: true, days: 7 } }),
      policy('alike', { cache: { semantic: { maxFalseHits: 0.2, exploreShare: 0 } } }),
    ]),
  };
  stores = await testStores({ environment });
  store = new CutWire(stores.config.store.url!);
  warehouse = new CutWire(stores.config.warehouse.url!);
  await Promise.all([store.mend(), warehouse.mend()]);
  const config = {
    ...stores.config,
    store: { ...stores.config.store, url: store.url },
    warehouse: { ...stores.config.warehouse, url: warehouse.url },
  };
  opened = await openPlatform(config, '0.1.0', () => undefined);
  rooms = composeRooms(opened, { version: '0.1.0', onProgress: () => undefined });
  for (const one of rooms) await one.start?.(new AbortController().signal);
  http = await openHttpStand(
    opened.platform,
    rooms.filter(({ routes }) => routes),
  );
  gateway = `http://127.0.0.1:${(rooms.find(({ name }) => name === 'gateway') as GatewayRoom).port()}`;
  for (const tenant of ['default', 'acme']) {
    const { body } = await http.send('POST', '/api/gateway/keys', {
      payload: { name: 'app', team: 'search' },
      as: tenant,
    });
    secrets[tenant] = (body as { secret: string }).secret;
  }
  await until(async () => (await ask({ ...hello('warm'), model: 'cached' }, {}, 'acme')).status === 200);
  provider.seen.length = 0;
}, 240_000);
afterAll(async () => {
  await http.close();
  for (const room of [...rooms].reverse()) await room.close?.();
  await opened.close();
  await Promise.all([store.cut(), warehouse.cut(), provider.close()]);
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});
afterEach(() => {
  provider.behaviour = {};
  provider.seen.length = 0;
});

const hello = (content: string): object => ({ messages: [{ role: 'user', content }] });

function ask(
  body: object,
  headers: Record<string, string> = {},
  tenant = 'default',
  path = '/v1/chat/completions',
): Promise<Response> {
  return fetch(gateway + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secrets[tenant]}`, ...headers },
    body: JSON.stringify(body),
  });
}

/** How a call was answered: which cache, and what it said. */
async function answered(
  body: object,
  headers: Record<string, string> = {},
  tenant?: string,
): Promise<{ cache: string | null; id: string; text: string }> {
  const answer = await ask(body, headers, tenant);
  expect(answer.status).toBe(200);
  const { headers: told } = answer;
  return { cache: told.get('x-amadeus-cache'), id: told.get('x-amadeus-request-id')!, text: await answer.text() };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 1200; n++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come to hold within half a minute');
}

async function rowsOf(id: string): Promise<Record<string, unknown>[]> {
  const { rows } = await stores.warehouse.query<Record<string, unknown>>(
    'SELECT * FROM fact_llm_request WHERE RequestId = {id:String}',
    { params: { id } },
  );
  return rows;
}

async function count(table: string): Promise<number> {
  const [row] = await stores.store.query<{ count: string }>(`SELECT count(*)::text AS count FROM ${table}`);
  return Number(row!.count);
}

describe('kept answers', () => {
  test('are given to the same call again, whole and as a stream, and leave a row that cost nothing', async () => {
    const body = { model: 'cached', temperature: 0, ...hello('What is an answer?') };
    const first = await answered(body);
    const again = await answered({ ...hello('What is an answer?'), temperature: 0, model: 'cached', user: 'u2' });
    const stream = await answered({ ...body, stream: true });
    const twice = await answered({ ...body, stream: true, stream_options: { include_usage: true } });
    expect([first.cache, again.cache, stream.cache, twice.cache]).toEqual(['miss', 'exact', 'exact', 'exact']);
    expect(JSON.parse(again.text)).toEqual(JSON.parse(first.text));
    expect(stream.text).toContain('data: [DONE]');
    expect(stream.text).not.toContain('prompt_tokens');
    expect(twice.text).toContain('"prompt_tokens":1000');
    expect(provider.seen).toHaveLength(1);
    await until(async () => (await rowsOf(again.id)).length > 0);
    const [row] = await rowsOf(again.id);
    expect(row).toMatchObject({ Status: 'ok', Team: 'search', InputTokens: '0', OutputTokens: '0' });
    expect(Number(row!['Cost'])).toBe(0);
    // 1,000 x 0.15 + 3 x 0.6 dollars a million.
    expect(row!['Tags']).toMatchObject({
      'gateway.cache': 'exact',
      'gateway.saved': '0.0001518',
      'gateway.policy': 'cached',
    });
  });

  test('are also kept of a stream, and of no other tenant, policy, parameter or wish', async () => {
    const body = { model: 'cached', ...hello('Only here') };
    expect((await answered({ ...body, stream: true })).cache).toBe('miss');
    expect(JSON.parse((await answered(body)).text)).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'Hello wide world' }, finish_reason: 'stop' }],
    });
    expect((await answered(body, {}, 'acme')).cache).toBe('miss');
    expect((await answered({ ...body, model: 'other' })).cache).toBe('miss');
    expect((await answered({ ...body, temperature: 1 })).cache).toBe('miss');
    expect((await answered(body, { 'x-amadeus-cache': 'no-cache' })).cache).toBe('miss');
    expect((await answered(body, { 'x-amadeus-cache': 'no-store' })).cache).toBeNull();
    expect((await ask(body, { 'x-amadeus-cache': 'never' })).status).toBe(400);
  });

  test('are sealed in the store, and none where there is personal data in it', async () => {
    await answered({ model: 'cached', ...hello('a question of its own') });
    await answered({ model: 'cached', ...hello('write to ada@example.com') });
    await until(async () => (await count(`gateway_cache_entry WHERE policy = 'cached' AND tenant = 'default'`)) >= 3);
    expect((await answered({ model: 'cached', ...hello('write to ada@example.com') })).cache).toBe('miss');
    const rows = await stores.store.query<{ sealed: Buffer }>('SELECT sealed FROM gateway_cache_entry');
    for (const { sealed } of rows) expect(sealed.includes('wide world')).toBe(false);
  });

  test('are given to nobody under a flood where there is personal data in them', async () => {
    const personal = { model: 'cached', ...hello('write to grace@example.com') };
    const plain = { model: 'cached', ...hello('the last of the flood') };
    // More than the store is given in a second: what follows is not looked through when it is kept.
    await Promise.all(Array.from({ length: 200 }, (_, at) => ask({ model: 'cached', ...hello(`flood ${at}`) })));
    await answered(personal);
    await answered(plain);
    expect((await answered(plain)).cache).toBe('exact');
    expect((await answered(personal)).cache).toBe('miss');
    expect((await answered(personal)).cache).toBe('miss');
    const said = { ...plain, ...hello('asked by somebody'), user: 'ada@example.com' };
    await answered(said);
    expect((await answered(said)).cache).toBe('miss');
    expect((await answered({ ...said, user: 'somebody' })).cache).toBe('miss');
    expect((await answered({ ...said, user: 'somebody' })).cache).toBe('exact');
  });

  test('are sealed and written by another thread where there are many, and by the next one where that ended', async () => {
    const key = await new TenantKeys(opened.platform, 'secret').of('crowd');
    const answer = { tenant: 'crowd', policy: 'cached', tags: ['t'], createdAt: 0, expiresAt: Date.now() + 60_000 };
    const route = {
      provider: 'openai',
      route: 'sim/gpt-4o-mini',
      model: 'gpt-4o-mini',
      inputTokens: 1,
      outputTokens: 1,
    };
    const entries = Array.from({ length: 60 }, (_, at): NewAnswer => {
      const name = at.toString(16).padStart(64, '0');
      return { name, kind: 'answer', answer: { ...answer, ...route, body: `{"at":${at}}` } };
    });
    const writer = new EntryWriter(opened.platform.store);
    const keys = new Map([['crowd', key]]);
    expect(await writer.write(entries, keys)).toMatchObject({ count: 60 });
    await writer.close();
    expect(await writer.write(entries.slice(0, 7), keys)).toMatchObject({ count: 7 });
    await writer.close();
    const { name } = entries[42]!;
    const row = (await readEntry(opened.platform.store, Buffer.from(name, 'hex')))!;
    expect(row.keyId).toBe(key.id);
    expect(row.sealed.toString('latin1')).not.toContain('"at":42');
    const read = JSON.parse(key.unseal(row.sealed, aboutAnswer('crowd', name)).toString('utf8')) as object;
    expect(read).toEqual(entries[42]!.answer);
  });

  test('are invalid by their tag on demand, for who sees all of the tenant', async () => {
    const body = { model: 'cached', ...hello('about a document') };
    await answered(body, { 'x-amadeus-cache-tags': 'doc-7' });
    expect((await answered(body)).cache).toBe('exact');
    const narrow = await http.send('POST', '/api/gateway/cache/invalidate', {
      payload: { tag: 'doc-7' },
      as: 'default/seoul',
    });
    expect(narrow.status).toBe(403);
    expect((await http.send('POST', '/api/gateway/cache/invalidate', { payload: { tag: 'doc-7' } })).status).toBe(200);
    await until(async () => (await answered(body)).cache === 'miss');
    expect((await answered(body)).cache).toBe('exact');
  });

  test('of embeddings are found text by text: the others alone are asked for', async () => {
    const embed = async (input: string[]): Promise<{ data: { index: number; embedding: number[] }[] }> =>
      (await (await ask({ model: 'cached', input }, {}, 'default', '/v1/embeddings')).json()) as never;
    await embed(['one', 'two']);
    const { data } = await embed(['three', 'two', 'one']);
    expect(provider.seen.map(({ body }) => body['input'])).toEqual([['one', 'two'], ['three']]);
    expect(data.map(({ index, embedding }) => [index, embedding.length > 0])).toEqual([
      [0, true],
      [1, true],
      [2, true],
    ]);
    await embed(['one']);
    expect(provider.seen).toHaveLength(2);
  });
});

describe('personal data', () => {
  test('reaches neither provider, cache, prompts nor usage, and stands in the answer, also from the cache', async () => {
    provider.behaviour = { words: ['Dear ', '[EMA', 'IL_1]', ', dear [NAME', '_1]'] };
    const body = (email: string): object => ({
      model: 'private',
      stream: true,
      ...hello(`I am Ada Lovelace, ${email}`),
    });
    const said = ({ text }: { text: string }): string =>
      text
        .split('\n')
        .flatMap((line) => {
          if (!line.startsWith('data: {')) return [];
          const { choices } = JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] };
          return choices[0]?.delta.content ?? '';
        })
        .join('');
    const first = await answered(body('ada@example.com'), { 'x-amadeus-customer': 'ada@example.com' });
    expect(provider.seen[0]!.text).toContain('I am [NAME_1], [EMAIL_1]');
    expect(said(first)).toBe('Dear ada@example.com, dear Ada Lovelace');
    const other = await answered(body('grace@example.com'));
    expect([other.cache, said(other)]).toEqual(['exact', 'Dear grace@example.com, dear Ada Lovelace']);
    await until(async () => (await rowsOf(first.id)).length > 0);
    const kept = JSON.stringify([await rowsOf(first.id), provider.seen.map(({ text }) => text)]);
    expect(kept).not.toContain('ada@');
    expect(kept).not.toContain('Lovelace');
    const prompts = rooms.find(({ name }) => name === 'prompts') as PromptsRoom;
    const span = { policy: 'private', from: new Date(0), to: new Date(Date.now() + 60_000), limit: 10 };
    await until(async () => (await prompts.read(span, wholeTenant('default'))).length === 2);
    const [last] = await prompts.read(span, wholeTenant('default'));
    expect(last!.prompt).toContain('I am [NAME_1], [EMAIL_1]');
    expect(last!.answer).toContain('chat.completion.chunk');
    expect(JSON.stringify(last)).not.toMatch(/@|Lovelace/);
    expect(await prompts.read(span, wholeTenant('acme'))).toEqual([]);
  });
});

describe('answers to what means the same', () => {
  test('are given once it is sure enough, and learn from what people say', async () => {
    const words = ['please', 'now', 'today', 'kindly', 'quickly', 'soon', 'again', 'here', 'friend', 'thanks'];
    const questions = words.flatMap((one) =>
      words.map((other) => `When does the museum of modern art open its doors ${one} ${other}`),
    );
    let hit: { id: string; cache: string | null } | undefined;
    for (const question of questions) {
      const one = await answered({ model: 'alike', ...hello(question) });
      if (one.cache === 'semantic') {
        hit = one;
        break;
      }
      // What was observed is known after the next turn.
      if (provider.seen.length % 12 === 0) await new Promise((resolve) => setTimeout(resolve, 1100));
    }
    expect(provider.seen.length).toBeGreaterThan(5);
    expect(hit?.cache).toBe('semantic');
    const different = await answered({
      model: 'alike',
      ...hello('When does the museum of modern art not open its doors please now'),
    });
    expect(different.cache).toBe('miss');
    const say = (as?: string): ReturnType<HttpStand['send']> =>
      http.send('POST', '/api/gateway/feedback', {
        payload: { requestId: hit!.id, rating: 'down', comment: 'wrong, says ada@example.com' },
        ...(as === undefined ? {} : { as }),
      });
    await until(async () => (await count('gateway_semantic_hit')) > 0);
    expect((await say('default/seoul')).status).toBe(404);
    expect((await say()).body).toMatchObject({ rating: 'down', learned: true });
    expect((await say()).body).toMatchObject({ learned: false });
    const [kept] = await stores.store.query<{ comment: string }>('SELECT comment FROM gateway_feedback');
    expect(kept!.comment).toBe('wrong, says [email]');
    expect(await count(`gateway_semantic_observation WHERE source = 'feedback' AND NOT correct`)).toBe(1);
    // The application itself says it by its key, of its own calls alone.
    const bySecret = (tenant: string, body: object) => ask(body, {}, tenant, '/v1/feedback');
    const [own, others, wrong, nobody] = await Promise.all([
      bySecret('default', { requestId: hit!.id, rating: 'up' }),
      bySecret('acme', { requestId: hit!.id, rating: 'up' }),
      bySecret('default', { requestId: hit!.id, rating: 'good' }),
      bySecret('of-nobody', { requestId: hit!.id, rating: 'up' }),
    ]);
    expect([own.status, others.status, wrong.status, nobody.status]).toEqual([200, 404, 400, 401]);
    expect(await own.json()).toEqual({ requestId: hit!.id, rating: 'up', learned: true });
    expect(await count(`gateway_semantic_observation WHERE source = 'feedback' AND correct`)).toBe(1);
  });
});

describe('while store and warehouse are away', () => {
  test('calls are served, from memory too, and their usage arrives once', async () => {
    const body = { model: 'cached', ...hello('kept before') };
    await answered(body);
    const budget = {
      ...{ name: 'tagged', amount: '5', currency: 'USD', timeZone: 'UTC', enforcement: 'enforce' },
      ...{ filters: [{ dimension: 'tag:ticket', values: ['7'] }], window: { kind: 'calendar', unit: 'month' } },
      ...{ thresholds: [{ kind: 'percent', value: '0.8', on: 'actual' }], channels: [] },
    };
    expect((await http.send('POST', '/api/budgets', { payload: budget })).status).toBe(201);
    await Promise.all([store.cut(), warehouse.cut()]);
    const hit = await answered(body);
    const miss = await answered({ model: 'cached', ...hello('asked meanwhile') });
    const secret = await answered({ model: 'private', ...hello('I am grace@example.com') });
    expect([hit.cache, miss.cache]).toEqual(['exact', 'miss']);
    // The configured stance: what a budget counts goes on while it cannot be counted.
    await answered({ model: 'cached', ...hello('of a budget') }, { 'x-amadeus-tags': 'ticket=7' });
    expect(provider.seen.map(({ text }) => text).join()).toContain('[EMAIL_1]');
    // Longer than the turns in which all of it is tried.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await answered({ model: 'cached', ...hello('asked meanwhile') })).cache).toBe('exact');
    await Promise.all([store.mend(), warehouse.mend()]);
    for (const { id } of [hit, miss, secret]) {
      await until(async () => (await rowsOf(id)).length > 0);
      const { rows } = await stores.warehouse.query<{ calls: string }>(
        `SELECT sum(Requests) AS calls FROM fact_llm_request FINAL WHERE RequestId = {id:String} AND Status != 'void'`,
        { params: { id } },
      );
      expect(Number(rows[0]!.calls)).toBe(1);
    }
  });
});

describe('what the room tells and erases', () => {
  test('hits and what they saved, by policy', async () => {
    const { status, body } = await http.send('GET', '/api/gateway/cache/statistics');
    expect({ status, body }).toMatchObject({ status: 200 });
    const { total, policies } = body as {
      total: { hits: number; saved: string };
      policies: { policy: string; exact: number; embedding: number }[];
    };
    expect(total.hits).toBeGreaterThan(5);
    expect(Number(total.saved)).toBeGreaterThan(0);
    expect(policies.find(({ policy }) => policy === 'cached')).toMatchObject({ embedding: 1 });
    const metrics = await opened.platform.telemetry.metrics.metrics();
    expect(metrics).toMatch(/cache_calls_total\{tenant="default",policy="cached",cache="exact"\} \d+/);
    expect(metrics).toMatch(/cache_saved_total\{tenant="default",policy="cached",currency="USD"\} 0\.\d+/);
  });

  test('destroying the key of the tenant erases its prompts and answers, in memory too', async () => {
    const body = { model: 'cached', ...hello('soon forgotten') };
    const foreign = { model: 'cached', ...hello('of another tenant') };
    await answered(body);
    await answered(foreign, {}, 'acme');
    expect((await answered(body)).cache).toBe('exact');
    await until(async () => (await count(`gateway_cache_entry WHERE tenant = 'default'`)) > 3);
    const { status, body: told } = await http.send('DELETE', '/api/gateway/tenant-key');
    expect({ status, told }).toMatchObject({ status: 200 });
    for (const table of ['gateway_cache_entry', 'gateway_prompt', 'gateway_semantic_observation'])
      expect(await count(`${table} WHERE tenant = 'default'`)).toBe(0);
    expect(await count(`tenant_key WHERE tenant = 'default' AND sealed IS NOT NULL`)).toBe(0);
    await until(async () => (await answered(body)).cache === 'miss');
    expect((await answered(foreign, {}, 'acme')).cache).toBe('exact');
    const { entries } = { entries: await stores.store.query<{ action: string }>('SELECT action FROM audit_entry') };
    expect(entries.map(({ action }) => action)).toContain('tenant-key.destroy');
  });
});
