import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openGatewayStand, type GatewayStand } from '../../gateway/fixtures/gateway-stand.ts';
import { ProviderSimulator } from '../../gateway/fixtures/provider-simulator.ts';
import { systemClock } from '../../platform/clock/index.ts';
import type { Platform } from '../../platform/platform.ts';
import type { Store } from '../../platform/store/index.ts';
import { createSilentTelemetry } from '../../platform/telemetry/index.ts';
import type { TenantKeys } from '../../tenant-keys/index.ts';
import { AnswerBook } from '../answer-book.ts';
import { cacheLayer } from '../cache-layer.ts';
import { SemanticCache } from './semantic-cache.ts';

/** A gateway with a cache that has its vectors from a provider, before two simulated ones: one answers, one embeds. */
const provider = new ProviderSimulator();
const embedder = new ProviderSimulator();
const faults: unknown[] = [];
const neverWritten = (): Promise<never> => Promise.reject(new Error('Nothing is written here.'));
let gateway: GatewayStand;
let semantic: SemanticCache;

beforeAll(async () => {
  const [url, embeddings] = await Promise.all([provider.start(), embedder.start()]);
  const rules = { maxFalseHits: 0.2, exploreShare: 0, provider: 'embedder', model: 'text-embedding-3-small' };
  const policy = (name: string, rest: object = {}): object => ({
    ...{ name, match: { models: [name] }, choose: { routes: [{ provider: 'sim', model: 'gpt-4o-mini' }] } },
    ...{ cache: { semantic: rules }, ...rest },
  });
  const platform = { store: observations(), clock: systemClock } as unknown as Platform;
  semantic = new SemanticCache(platform);
  const book = new AnswerBook({
    ...{ platform, keys: {} as TenantKeys, memoryBytes: 1e6, mostWrittenPerSecond: 1e3 },
    write: { few: neverWritten, many: neverWritten },
    onQuestion: (question) => semantic.know(question),
    onGone: (entry) => semantic.forget(entry),
  });
  gateway = await openGatewayStand(
    {
      providers: [
        { name: 'sim', kind: 'openai', url, region: 'eu' },
        { name: 'embedder', kind: 'openai', url: embeddings, region: 'us' },
      ],
      policies: [policy('meant'), policy('other'), policy('at-home', { guards: { regions: ['eu'] } })],
    },
    createSilentTelemetry(),
    {},
    (tools) => [
      cacheLayer({
        ...{ book, semantic, tools, onFault: (error) => faults.push(error), isPersonal: () => false },
        ...{ now: () => Date.now(), random: () => 0.5, onCall: () => undefined, onSaved: () => undefined },
      }),
    ],
  );
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([provider.close(), embedder.close()]);
});

afterEach(() => {
  embedder.behaviour = {};
  provider.seen.length = 0;
  embedder.seen.length = 0;
});

/** The part of the store in which what was observed is kept. */
function observations(): Pick<Store, 'query' | 'transaction'> {
  const rows: object[] = [];
  const store: Pick<Store, 'query' | 'transaction'> = {
    query: (sql, [first] = []) => {
      if (sql.includes('FROM gateway_semantic_observation'))
        return Promise.resolve(rows.slice(Number(first)) as never[]);
      if (!sql.includes('INSERT INTO gateway_semantic_observation')) return Promise.resolve([]);
      for (const { entry, ...rest } of JSON.parse(String(first)) as { entry: string }[])
        rows.push({ ...rest, entry: Buffer.from(entry, 'hex'), id: String(rows.length + 1) });
      return Promise.resolve([]);
    },
    transaction: (work) => work(store as Store),
  };
  return store;
}

async function asked(model: string, content: string): Promise<{ cache: string | null; id: string }> {
  const answer = await gateway.ask('/v1/chat/completions', { model, messages: [{ role: 'user', content }] });
  expect(answer.status).toBe(200);
  await answer.text();
  return { cache: answer.headers.get('x-amadeus-cache'), id: answer.headers.get('x-amadeus-request-id')! };
}

const question = (more: string): string => `When does the museum of modern art open its doors ${more}`;

describe('vectors of a provider', () => {
  test('find what means the same, within the policy alone, and each is a row of usage', async () => {
    const words = ['please', 'now', 'today', 'kindly', 'quickly', 'soon', 'again', 'here', 'friend', 'thanks'];
    let hit: { cache: string | null; id: string } | undefined;
    for (const more of words.flatMap((one) => words.map((other) => `${one} ${other}`))) {
      const one = await asked('meant', question(more));
      await semantic.turn();
      if (one.cache !== 'semantic') continue;
      hit = one;
      break;
    }
    expect(hit?.cache).toBe('semantic');
    const given = provider.seen.length;
    expect(embedder.seen).toHaveLength(given + 1);
    expect(embedder.seen.at(-1)).toMatchObject({
      path: '/v1/embeddings',
      body: { model: 'text-embedding-3-small', encoding_format: 'float' },
    });
    const [free, paid] = await Promise.all([gateway.usage(hit!.id), gateway.usage(`${hit!.id}.0`)]);
    expect(free).toMatchObject({ inputTokens: 0, tags: { 'gateway.cache': 'semantic' } });
    expect(paid).toMatchObject({
      ...{ operation: 'embeddings', model: 'text-embedding-3-small', team: 'search', status: 'ok', outputTokens: 0 },
      tags: { 'gateway.policy': 'meant', 'gateway.attempt': '0' },
    });
    expect(paid.inputTokens).toBeGreaterThan(5);
    // The same words under another policy are another question.
    expect((await asked('other', question('please now'))).cache).toBe('miss');
    expect(faults).toEqual([]);
  });

  test('are not asked of a provider in a region that the policy does not allow', async () => {
    expect((await asked('at-home', question('please'))).cache).toBe('miss; no embedding');
    expect([embedder.seen.length, provider.seen.length]).toEqual([0, 1]);
  });

  test('that do not come leave the call as it is, which says so, and are not waited for again at once', async () => {
    embedder.behaviour = { status: 500 };
    const first = await asked('meant', 'How do I cook rice?');
    expect(first.cache).toBe('miss; no embedding');
    expect((await gateway.usage(first.id)).tags).toMatchObject({ 'gateway.cache.skipped': 'no embedding' });
    expect((await gateway.usage(`${first.id}.0`)).status).toBe('error');
    expect(embedder.seen).toHaveLength(1);
    embedder.behaviour = {};
    expect((await asked('meant', 'How do I cook noodles?')).cache).toBe('miss; no embedding');
    expect(embedder.seen).toHaveLength(1);
  });
});
