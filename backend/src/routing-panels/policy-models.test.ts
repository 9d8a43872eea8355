import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openServiceStand, until, type ServiceStand } from '../routing/fixtures/service-stand.ts';
import type { RoutingOverview } from './contract.ts';

/** What calls would have cost, under policies that were made by the API, in the whole service. */
let stand: ServiceStand;

const policy = (name: string, models: readonly string[]) => ({
  ...{ name, match: { models: ['answers'] } },
  choose: { strategy: 'ordered', routes: models.map((model) => ({ provider: 'cheap', model })) },
});

beforeAll(async () => {
  stand = await openServiceStand([policy('usual', ['gpt-4o-mini'])]);
}, 120_000);
afterAll(() => stand.close());

/** Has the models served by the next version of the policy, and everybody behind it. */
async function serve(models: readonly string[], version: string): Promise<void> {
  const path = '/api/routing/policies/drafted';
  const { revision } = await stand.done('PUT', `${path}/draft`, { content: policy('drafted', models) });
  await stand.done('POST', `${path}/versions`, { revision });
  const { changeId } = await stand.done('POST', `${path}/activate`, { version, reason: 'a test' });
  await stand.done('POST', `/api/changes/${String(changeId)}/approve`, {}, 'bob');
  await until(async () => (await called()) === `drafted ${version}`);
}

/** @returns policy and version that answered */
async function called(): Promise<string> {
  const answer = await stand.ask({ model: 'answers', messages: [{ role: 'user', content: 'Hello' }] });
  await answer.text();
  return `${answer.headers.get('x-amadeus-policy')} ${answer.headers.get('x-amadeus-policy-version')}`;
}

/** What the calls under the policy would have cost, once those of the version are there. */
async function wouldHave(version: string): Promise<NonNullable<RoutingOverview['wouldHave']>> {
  const ask = async (what: string) =>
    stand.done('GET', `/api/routing/${what}&from=${new Date(Date.now() - 3_600_000).toISOString()}`);
  const rows = async () => (await ask(`usage?by=version&filter=version:${version}`))['rows'] as object[];
  await until(async () => (await rows()).length > 0);
  const overview = await ask('overview?filter=policy:drafted');
  return overview['wouldHave'] as NonNullable<RoutingOverview['wouldHave']>;
}

test('they are set against every model that a version of the policy can choose, or could when it served', async () => {
  await serve(['gpt-4o-mini', 'gpt-4o'], 'v1');
  const first = await wouldHave('v1');
  expect(first.models).toMatchObject([{ policy: 'drafted', model: 'gpt-4o' }]);
  expect(Number(first.saved)).toBeGreaterThan(0);
  await serve(['gpt-4o-mini'], 'v2');
  expect((await wouldHave('v2')).models).toMatchObject([{ policy: 'drafted', model: 'gpt-4o' }]);
}, 90_000);
