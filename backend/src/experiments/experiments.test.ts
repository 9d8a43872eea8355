import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openServiceStand, until, type ServiceStand } from '../routing/fixtures/service-stand.ts';

/** Experiments through the whole service: copies of calls on nobody's way and nobody's bill, and callers on two sides. */
let stand: ServiceStand;

const usual = {
  name: 'usual',
  match: { models: ['answers'] },
  choose: { strategy: 'ordered', routes: [{ provider: 'strong', model: 'gpt-4o' }] },
};
const tried = {
  name: 'tried',
  match: { models: ['never-asked'] },
  choose: { strategy: 'ordered', routes: [{ provider: 'cheap', model: 'gpt-4o-mini' }] },
};

beforeAll(async () => {
  stand = await openServiceStand([usual]);
  await stand.done('PUT', '/api/routing/policies/tried/draft', { content: tried });
  await stand.done('POST', '/api/routing/policies/tried/versions', { revision: 1 });
});
afterAll(() => stand?.close());

const ask = async (n: number, stream = false): Promise<Response> => {
  const answer = await stand.ask(
    { model: 'answers', stream, messages: [{ role: 'user', content: `Question ${n}` }] },
    { 'x-amadeus-session': `s${n}`, 'x-amadeus-customer': 'acme' },
  );
  expect(answer.status).toBe(200);
  return answer;
};

async function running(asked: object): Promise<string> {
  const { id } = await stand.done('POST', '/api/experiments', {
    ...{ name: 'cheaper', policy: 'usual', b: { policy: 'tried', version: 'v1' }, budget: '0.05' },
    ...asked,
  });
  const { changeId } = await stand.done('POST', `/api/experiments/${String(id)}/start`, { reason: 'to know' });
  await stand.done('POST', `/api/changes/${String(changeId)}/approve`, {}, 'bob');
  await until(async () => (await stand.done('GET', `/api/experiments/${String(id)}`))['state'] === 'running');
  // Gateways look once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return String(id);
}

const look = (): Promise<void> =>
  stand.rooms.find(({ name }) => name === 'experiments')!.loops![0]!.run(new AbortController().signal);

describe('experiments', () => {
  test('a shadow is asked after the caller, on no bill of the caller, and compared until it is decided', async () => {
    const settings = { sampleShare: 1, quality: { method: 'exact', margin: 0.05 }, minObservations: 30 };
    const id = await running({ kind: 'shadow', settings });
    stand.cheap.behaviour = { firstMs: 300 };
    const answer = await ask(0, true);
    expect(await answer.text()).toContain('" wide"');
    expect(answer.headers.get('x-amadeus-route')).toBe('strong/gpt-4o');
    stand.cheap.behaviour = {};
    for (let n = 1; n < 40; n++) await (await ask(n)).text();
    await until(async () => Number((await stand.done('GET', `/api/experiments/${id}`))['observed']) === 80);
    expect(stand.cheap.seen).toHaveLength(40);
    const { comparison, spent } = (await stand.done('GET', `/api/experiments/${id}`)) as {
      comparison: { decision: string; cost: { estimate: number }; arms: { B: { quality: number } } };
      spent: string;
    };
    expect(comparison.cost.estimate).toBeLessThan(-0.9);
    expect(comparison.arms.B.quality).toBe(1);
    expect(Number(spent)).toBeGreaterThan(0.004);
    await until(async () => {
      const { rows } = await stand.opened.platform.warehouse.query<{
        rows: string;
        teams: string[];
        customers: string[];
      }>(
        `SELECT count() AS rows, groupUniqArray(Team) AS teams, groupUniqArray(Customer) AS customers
         FROM fact_llm_request FINAL WHERE Tags['gateway.shadow'] = {id:String}`,
        { params: { id } },
      );
      return rows[0]?.rows === '40' && rows[0].teams.join() === '' && rows[0].customers.join() === '';
    });
    await look();
    expect(await stand.done('GET', `/api/experiments/${id}`)).toMatchObject({
      ...{ state: 'ended', endReason: 'It is decided.' },
      verdict: { decision: 'B', sentence: expect.stringMatching(/^B is better: 94 % cheaper/) },
    });
    expect(await stand.done('POST', `/api/experiments/${id}/promote`, { reason: 'cheaper' })).toMatchObject({
      state: 'proposed',
    });
  }, 60_000);

  test('the budget is a hard stop', async () => {
    const id = await running({ kind: 'shadow', budget: '0.0009', settings: { sampleShare: 1 } });
    stand.cheap.seen.length = 0;
    for (let n = 300; n < 320; n++) await (await ask(n)).text();
    await until(async () => (await stand.done('GET', `/api/experiments/${id}`))['state'] === 'ended');
    const { spent, endReason } = (await stand.done('GET', `/api/experiments/${id}`)) as Record<string, string>;
    expect(Number(spent)).toBeLessThanOrEqual(0.0009);
    expect(endReason).toContain('no room for another copy');
    expect(stand.cheap.seen.length).toBeLessThan(20);
  });

  test('with A and B a session stays on its side, and people can say which is better', async () => {
    const id = await running({
      ...{ kind: 'ab', budget: '0' },
      settings: { sampleShare: 0.5, quality: { method: 'thumbs' }, minObservations: 30 },
    });
    const sides = new Map<number, string>();
    for (const round of [0, 1])
      for (let n = 0; n < 20; n++) {
        const route = (await ask(n)).headers.get('x-amadeus-route')!;
        if (round === 1) expect(route).toBe(sides.get(n));
        sides.set(n, route);
      }
    expect(new Set(sides.values()).size).toBe(2);
    await until(async () => Number((await stand.done('GET', `/api/experiments/${id}`))['observed']) === 40);
    expect(await stand.done('GET', `/api/experiments/${id}`)).toMatchObject({ comparison: { observations: 20 } });
    expect(await stand.done('POST', `/api/experiments/${id}/stop`, { reason: 'enough' })).toMatchObject({
      ...{ state: 'ended', endReason: 'enough' },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await ask(1)).headers.get('x-amadeus-route')).toBe('strong/gpt-4o');
  });

  test('what cannot be compared is refused in words', async () => {
    const refused = async (asked: object): Promise<number> =>
      (
        await stand.send('POST', '/api/experiments', {
          ...{ name: 'x', policy: 'usual', b: { policy: 'tried', version: 'v1' }, budget: '1', kind: 'shadow' },
          ...asked,
        })
      ).status;
    expect(await refused({ kind: 'ab', settings: { quality: { method: 'judge' } } })).toBe(400);
    expect(await refused({ settings: { quality: { method: 'judge' } } })).toBe(400);
    expect(await refused({ policy: 'nobody' })).toBe(404);
    expect(await refused({ b: { policy: 'tried', version: 'v9' } })).toBe(404);
    expect(await refused({ b: { policy: 'usual', version: 'v1' } })).toBe(404);
  });
});
