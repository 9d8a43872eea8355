import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openServiceStand, until, type ServiceStand } from '../routing/fixtures/service-stand.ts';

/**
 * A thousand streams stay open while a cheaper policy is drafted, replayed, approved by a second person, given ten per cent,
 * then all, and taken back, and while keys come and go: not one of them fails, and none of the calls that come meanwhile.
 */
const streams = 1000;
const words = ['One', ' two', ' three', ' four'];
const route = (provider: string) => ({ provider, model: 'gpt-4o-mini' });
const usual = { name: 'usual', match: { models: ['answers'] }, choose: { routes: [route('strong')] } };
const cheaper = { name: 'cheaper', match: { models: ['answers'] }, choose: { routes: [route('cheap')] } };
const mine = '/api/routing/policies/cheaper';
const body = { model: 'answers', messages: [{ role: 'user', content: 'Hello' }] };
let stand: ServiceStand;

beforeAll(async () => {
  stand = await openServiceStand([usual]);
}, 120_000);
afterAll(() => stand?.close());

/** One stream, of which the first words have come. */
async function opened(index: number): Promise<{ rest: () => Promise<string>; id: string }> {
  const answer = await stand.ask({ ...body, stream: true }, { 'x-amadeus-session': `stream-${index}` });
  expect(answer.status).toBe(200);
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  let text = decoder.decode((await reader.read()).value, { stream: true });
  return {
    id: answer.headers.get('x-amadeus-request-id') ?? '',
    rest: async () => {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read())
        text += decoder.decode(piece.value, { stream: true });
      return text;
    },
  };
}

const saidBy = (text: string): string =>
  text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => (JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] }).choices[0])
    .map((choice) => choice?.delta.content ?? '')
    .join('');

/** Calls of forty sessions, one after the other, until it is stopped: by which policies they were served. */
class Calls {
  readonly failures: string[] = [];
  count = 0;
  #latest = new Map<string, string>();
  #isOver = false;
  readonly #running: Promise<void>;

  constructor() {
    this.#running = this.#keepCalling();
  }

  share(policy: string): number {
    const served = [...this.#latest.values()];
    return served.length < 40 ? Number.NaN : served.filter((by) => by === policy).length / served.length;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #keepCalling(): Promise<void> {
    while (!this.#isOver) {
      const session = `session-${this.count++ % 40}`;
      const answer = await stand.ask(body, { 'x-amadeus-session': session });
      const text = await answer.text();
      if (answer.status !== 200 || !text.includes('Hello')) this.failures.push(`${answer.status} ${text}`);
      this.#latest.set(session, answer.headers.get('x-amadeus-policy') ?? '');
    }
  }
}

async function approved(proposed: Record<string, unknown>): Promise<void> {
  const change = `/api/changes/${String(proposed['changeId'])}`;
  expect((await stand.send('POST', `${change}/approve`, {})).status).toBe(403);
  await stand.done('POST', `${change}/approve`, {}, 'bob');
  await until(async () => (await stand.done('GET', change))['state'] === 'verified');
}

test('a thousand streams outlast the whole life of a policy without one failed call', async () => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const waiting = { words, holdAfter: 3, until: held };
  stand.strong.script.push(...Array.from({ length: streams }, () => waiting));
  const open: Awaited<ReturnType<typeof opened>>[] = [];
  for (let at = 0; at < streams; at += 100)
    open.push(...(await Promise.all(Array.from({ length: 100 }, (_, index) => opened(at + index)))));
  const calls = new Calls();
  try {
    const { revision } = await stand.done('PUT', `${mine}/draft`, { content: cheaper, notes: 'cheaper' });
    await until(() => calls.count > 80);
    const { replay } = await stand.done('POST', '/api/routing/evaluate', {
      ...{ policy: { content: cheaper }, replay: { days: 7, sample: 1000 } },
    });
    expect(replay).toBeDefined();
    await stand.done('POST', `${mine}/versions`, { revision });
    const steps = [{ share: 0.1, afterMinutes: 0 }];
    await approved(await stand.done('POST', `${mine}/activate`, { version: 'v1', steps, reason: 'a tenth' }));
    await until(() => calls.share('cheaper') > 0);
    expect(calls.share('cheaper')).toBeLessThan(0.4);
    const { key } = await stand.done('POST', '/api/gateway/keys', { name: 'short-lived' });
    await approved(await stand.done('POST', `${mine}/activate`, { version: 'v1', reason: 'all' }));
    await until(() => calls.share('cheaper') === 1);
    await stand.done('DELETE', `/api/gateway/keys/${(key as { id: string }).id}`);
    await stand.done('POST', `${mine}/rollback`, { reason: 'seen enough' });
    await until(() => calls.share('usual') === 1);
  } finally {
    letGo();
    await calls.stop();
  }
  const texts = await Promise.all(open.map(({ rest }) => rest()));
  expect(texts.filter((text) => saidBy(text) !== words.join('') || !text.trimEnd().endsWith('[DONE]'))).toEqual([]);
  expect(calls.failures).toEqual([]);
  await until(async () => {
    const { rows } = await stand.opened.platform.warehouse.query<{ kept: string }>(
      `SELECT count() AS kept FROM fact_llm_request FINAL
       WHERE Status = 'ok' AND OutputTokens = 4 AND startsWith(Session, 'stream-')`,
    );
    return Number(rows[0]?.kept) === streams;
  });
  expect(new Set(open.map(({ id }) => id)).size).toBe(streams);
}, 240_000);
