import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openServiceStand, type ServiceStand } from './fixtures/service-stand.ts';

/** Policies from the draft to the rollback, as people and gateways see them. */
let stand: ServiceStand;

const route = (provider: string) => ({ provider, model: 'gpt-4o-mini' });
const usual = {
  name: 'usual',
  match: { models: ['answers'] },
  choose: { strategy: 'ordered', routes: [route('strong')] },
};
const cheaper = (routes = [route('cheap'), route('strong')], more: object = {}) => ({
  name: 'answers-cheap',
  match: { models: ['answers'] },
  choose: { strategy: 'ordered', routes },
  ...more,
});
const base = '/api/routing/policies';
const mine = `${base}/answers-cheap`;

beforeAll(async () => {
  stand = await openServiceStand([usual]);
});
afterAll(() => stand?.close());

describe('policies', () => {
  test('a draft becomes a version that never changes; versions differ as their YAML does', async () => {
    const draft = await stand.done('PUT', `${mine}/draft`, { content: cheaper(), notes: 'first' });
    expect(draft).toMatchObject({ revision: 1, problems: [] });
    expect((await stand.send('PUT', `${mine}/draft`, { content: cheaper() }, 'bob')).status).toBe(409);
    expect(await stand.done('POST', `${mine}/versions`, { revision: 1 })).toMatchObject({ version: 'v1', share: 0 });
    await stand.done('PUT', `${mine}/draft`, { content: cheaper([route('cheap')]) });
    expect(await stand.done('POST', `${mine}/versions`, { revision: 1, notes: 'alone' })).toMatchObject({
      version: 'v2',
      notes: 'alone',
    });
    const { diff } = await stand.done('GET', `${mine}/diff?from=v1&to=v2`);
    expect(diff).toContain('-    - provider: strong');
    await expect(
      stand.opened.platform.store.query("UPDATE routing_version SET notes = 'other' WHERE policy = 'answers-cheap'"),
    ).rejects.toThrow(/never changes/);
    const { policies } = (await stand.done('GET', base)) as { policies: { name: string; state: string }[] };
    expect(policies.map(({ name, state }) => [name, state])).toEqual([
      ['answers-cheap', 'inactive'],
      ['usual', 'active'],
    ]);
  });

  test('what stands in the configuration is read there and cannot be drafted; what cannot serve is not published', async () => {
    expect(await stand.done('GET', `${base}/usual`)).toMatchObject({ origin: 'file', mayEdit: false });
    const refused = await stand.send('PUT', `${base}/usual/draft`, { content: usual });
    expect(refused.status).toBe(409);
    await stand.done('PUT', `${base}/wrong/draft`, {
      content: { ...cheaper([route('nobody')]), name: 'wrong' },
    });
    const wrong = await stand.send('POST', `${base}/wrong/versions`, { revision: 1 });
    expect(wrong.status).toBe(422);
    expect(JSON.stringify(wrong.body)).toContain('names the provider nobody');
    expect((await stand.send('DELETE', `${base}/wrong/draft`)).status).toBe(204);
    const checked = await stand.done('POST', `${base}/check`, { yaml: 'name: [' });
    expect(checked['problems']).toHaveLength(1);
  });

  test('who sees one region sees and changes only the policies of that region', async () => {
    const of = (region: string) => ({
      ...cheaper(),
      name: `of-${region}`,
      match: { models: ['x'], region: [region] },
    });
    for (const region of ['kr', 'eu']) await stand.done('PUT', `${base}/of-${region}/draft`, { content: of(region) });
    const { policies } = (await stand.done('GET', base, undefined, 'mina/eu')) as { policies: { name: string }[] };
    expect(policies.map(({ name }) => name)).not.toContain('of-kr');
    expect(policies.map(({ name }) => name)).toContain('of-eu');
    const status = async (name: string, content: object): Promise<number> =>
      (await stand.send('PUT', `${base}/${name}/draft`, { content, revision: 1 }, 'mina/eu')).status;
    expect(await status('of-eu', of('eu'))).toBe(200);
    expect(await status('of-kr', of('kr'))).toBe(403);
    expect(await status('answers-cheap', cheaper())).toBe(403);
  });
});
