import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openServiceStand, until, type ServiceStand } from './fixtures/service-stand.ts';

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

/** Waits until the Change has come to an end. */
async function settledChange(id: unknown): Promise<string> {
  let state = '';
  await until(async () => {
    state = String((await stand.done('GET', `/api/changes/${String(id)}`))['state']);
    return ['verified', 'rolled_back', 'failed'].includes(state);
  });
  return state;
}

async function approved({ changeId }: Record<string, unknown>): Promise<void> {
  await stand.done('POST', `/api/changes/${String(changeId)}/approve`, {}, 'bob');
  expect(await settledChange(changeId)).toBe('verified');
}

const call = (session: string): Promise<Response> =>
  stand.ask({ model: 'answers', messages: [{ role: 'user', content: 'Hello' }] }, { 'x-amadeus-session': session });

/** By which policy and version each session is served. */
async function servedBy(sessions: readonly string[]): Promise<Map<string, string>> {
  const answers = await Promise.all(sessions.map(async (session) => [session, await call(session)] as const));
  for (const [, answer] of answers) expect(answer.status).toBe(200);
  await Promise.all(answers.map(([, answer]) => answer.text()));
  const said = ({ headers }: Response, name: string): string => headers.get(`x-amadeus-${name}`) ?? '';
  return new Map(
    answers.map(([session, answer]) => [session, `${said(answer, 'policy')} ${said(answer, 'policy-version')}`]),
  );
}

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

  test('a version serves a share of the sessions once another person agrees, then all, and one click takes it back', async () => {
    const proposed = await stand.done('POST', `${mine}/activate`, {
      ...{ version: 'v1', steps: [{ share: 0.3, afterMinutes: 0 }], reason: 'cheaper' },
    });
    expect(proposed).toMatchObject({ state: 'proposed', approvalsNeeded: 1 });
    expect(await stand.done('GET', mine)).toMatchObject({ state: 'inactive', openChange: proposed['changeId'] });
    const own = await stand.send('POST', `/api/changes/${String(proposed['changeId'])}/approve`, {});
    expect(own.status).toBe(403);
    await approved(proposed);
    expect(await stand.done('GET', mine)).toMatchObject({
      state: 'rolling-out',
      rollout: { candidate: 'v1', share: 0.3 },
    });
    const sessions = Array.from({ length: 60 }, (_, n) => `s${n}`);
    await until(async () => [...(await servedBy(sessions)).values()].includes('answers-cheap v1'));
    // Those asked before the gateway knew of the version are asked again.
    const before = await servedBy(sessions);
    const share = [...before.values()].filter((by) => by === 'answers-cheap v1').length / sessions.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.5);
    expect(
      [...before.values()].filter((by) => by !== 'answers-cheap v1').every((by) => by.startsWith('usual c-')),
    ).toBe(true);
    expect(await servedBy(sessions)).toEqual(before);

    await approved(await stand.done('POST', `${mine}/activate`, { version: 'v1', reason: 'all' }));
    await until(async () => [...(await servedBy(sessions)).values()].every((by) => by === 'answers-cheap v1'));
    expect(await stand.done('GET', mine)).toMatchObject({ state: 'active', rollout: { stable: 'v1' } });

    await approved(await stand.done('POST', `${mine}/activate`, { version: 'v2', reason: 'alone' }));
    await until(async () => [...(await servedBy(['s'])).values()].includes('answers-cheap v2'));
    const undone = await stand.done('POST', `${mine}/rollback`, { reason: 'worse' });
    expect(await settledChange(undone['changeId'])).toBe('rolled_back');
    await until(async () => [...(await servedBy(['s'])).values()].includes('answers-cheap v1'));
    const { policies } = JSON.parse(readFileSync(join(stand.dataDir, 'gateway/policies.json'), 'utf8')) as {
      policies: { activation: object }[];
    };
    expect(policies[0]!.activation).toMatchObject({ stable: 'v1' });
  }, 60_000);

  test('the usage of a call names the policy and its version', async () => {
    const answer = await call('of-usage');
    const id = answer.headers.get('x-amadeus-request-id')!;
    let tags: Record<string, string> = {};
    await until(async () => {
      const { rows } = await stand.opened.platform.warehouse.query<{ Tags: Record<string, string> }>(
        'SELECT Tags FROM fact_llm_request FINAL WHERE RequestId = {id:String}',
        { params: { id } },
      );
      tags = rows[0]?.Tags ?? {};
      return rows.length > 0;
    });
    expect(tags).toMatchObject({ 'gateway.policy': 'answers-cheap', 'gateway.policy_version': 'v1' });
  });

  test('what asks for two people waits for two', async () => {
    const content = { ...cheaper(), name: 'careful', match: { models: ['careful'] }, approvals: 2 };
    await stand.done('PUT', `${base}/careful/draft`, { content });
    await stand.done('POST', `${base}/careful/versions`, { revision: 1 });
    const { changeId } = await stand.done('POST', `${base}/careful/activate`, { version: 'v1', reason: 'new' });
    const approve = (who: string) => stand.done('POST', `/api/changes/${String(changeId)}/approve`, {}, who);
    expect(await approve('bob')).toMatchObject({ state: 'proposed', approvalsNeeded: 2 });
    await approve('cara');
    expect(await settledChange(changeId)).toBe('verified');
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
    const content = { ...cheaper(), choose: { strategy: 'cheepest', routes: [route('a')], modles: [] } };
    const misspelt = await stand.done('POST', `${base}/check`, { content });
    expect(misspelt['problems']).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\/choose\/strategy must be one of "ordered", "weights",/),
        '/choose/modles is no setting',
      ]),
    );
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

describe('evaluation', () => {
  const evaluate = (payload: object) => stand.done('POST', '/api/routing/evaluate', payload);

  test('a request is explained: which policies were looked at, each candidate, and why', async () => {
    const { explanation } = (await evaluate({ request: { model: 'answers', promptTokens: 500 } })) as Record<
      string,
      object
    >;
    expect(explanation).toMatchObject({
      choice: { policy: 'answers-cheap', order: ['cheap/gpt-4o-mini', 'strong/gpt-4o-mini'] },
    });
    const { explanation: none } = await evaluate({ request: { model: 'nothing' } });
    expect(none).toEqual({
      policies: [
        { policy: 'answers-cheap', version: 'v1', unmet: ['model nothing is not among answers'] },
        { policy: 'careful', version: 'v1', unmet: ['model nothing is not among careful'] },
        { policy: 'usual', version: expect.stringMatching(/^c-/), unmet: ['model nothing is not among answers'] },
      ],
    });
    const scored = cheaper(undefined, { choose: { strategy: 'score', routes: [route('cheap'), route('strong')] } });
    const { explanation: score } = (await evaluate({
      request: { model: 'answers', regions: ['us'] },
      policy: { content: scored },
    })) as { explanation: { choice: { candidates: { excluded: string[]; score?: number; terms?: object }[] } } };
    const [first, second] = score.choice.candidates;
    expect(first!.excluded).toEqual(['region eu is not allowed']);
    expect(Object.keys(second!.terms!)).toEqual(['cost', 'latency', 'errors', 'quality']);
  });

  test('a policy is replayed over the calls that were kept, at once or as a job', async () => {
    const content = cheaper([{ ...route('strong'), quality: 0.9 } as never]);
    const replay = { days: 1, sample: 10_000 };
    const { replay: told } = (await evaluate({ policy: { content }, replay })) as { replay: Record<string, unknown> };
    expect(told).toMatchObject({ currency: 'USD', policy: { refused: 0 } });
    const { total, matched } = told as { total: number; matched: number };
    expect(total).toBeGreaterThan(100);
    expect(matched).toBe(total);
    const { policy, happened } = told as Record<string, { cost: string; routes: object; totalMs: object }>;
    expect(Object.keys(policy!.routes)).toEqual(['strong/gpt-4o-mini']);
    expect(Object.keys(happened!.routes).sort()).toEqual(['cheap/gpt-4o-mini', 'strong/gpt-4o-mini']);
    expect(policy!.totalMs).toBeDefined();
    const { replayId } = await evaluate({
      policy: { name: 'answers-cheap', version: 'v2' },
      replay: { ...replay, background: true },
    });
    let kept: Record<string, unknown> = {};
    await until(async () => {
      kept = await stand.done('GET', `/api/routing/replays/${String(replayId)}`);
      return kept['state'] === 'done';
    });
    expect(kept['result']).toMatchObject({ total, policy: { routes: { 'cheap/gpt-4o-mini': total } } });
    expect((await stand.send('GET', `/api/routing/replays/${String(replayId)}`, undefined, 'bob')).status).toBe(404);
  });

  test('what gateways have learned of the routes is told', async () => {
    await until(async () => {
      const { routes } = (await stand.done('GET', '/api/routing/routes')) as { routes: { gateways: number }[] };
      return routes.every(({ gateways }) => gateways === 1);
    });
    const { routes } = (await stand.done('GET', '/api/routing/routes')) as { routes: Record<string, unknown>[] };
    expect(routes.find(({ route: id }) => id === 'cheap/gpt-4o-mini')).toMatchObject({
      ...{ region: 'eu', breaker: 'closed', outputTokens: expect.closeTo(3, 1) },
      firstTokenMs: { p50: expect.any(Number) },
    });
  });
});

describe('a rollout that goes badly', () => {
  const guarded = `${base}/guarded`;
  const content = (provider: string, more: object = {}) => ({
    ...{ name: 'guarded', match: { models: ['guarded'] }, guards: { maxAttempts: 1 }, rollout: { minCalls: 20 } },
    ...{ choose: { strategy: 'ordered', routes: [route(provider)] }, ...more },
  });
  const published = async (body: object): Promise<void> => {
    await stand.done('PUT', `${guarded}/draft`, { content: body });
    await stand.done('POST', `${guarded}/versions`, { revision: 1 });
  };
  const loop = () => stand.rooms.find(({ name }) => name === 'rollout-guard')!.loops![0]!;
  const asked = async (from: number): Promise<void> => {
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        stand.ask(
          { model: 'guarded', messages: [{ role: 'user', content: 'Hello' }] },
          { 'x-amadeus-session': `g${from + n}` },
        ),
      ),
    );
    await Promise.all(answers.map((answer) => answer.text()));
  };
  const guard = () => stand.done('GET', `${guarded}/rollout`);
  const calls = async (): Promise<number> => {
    const { running } = (await guard()) as {
      running?: { evidence: { candidateCalls: number; stableCalls: number } };
    };
    return (running?.evidence.candidateCalls ?? 0) + (running?.evidence.stableCalls ?? 0);
  };

  test('is seen, and taken back with what was seen, unless the policy says that people do that', async () => {
    await published(content('strong'));
    await approved(await stand.done('POST', `${guarded}/activate`, { version: 'v1', reason: 'new' }));
    expect(await guard()).toEqual({ stops: [] });
    await published(content('cheap', { rollout: { stopsItself: false, minCalls: 20 } }));
    await published(content('cheap'));
    const half = { steps: [{ share: 0.5, afterMinutes: 0 }], reason: 'cheaper' };
    stand.cheap.behaviour = { status: 500 };
    for (const version of ['v2', 'v3']) {
      await approved(await stand.done('POST', `${guarded}/activate`, { version, ...half }));
      await until(async () => {
        await asked(0);
        return (await calls()) >= 120;
      });
      await loop().run(new AbortController().signal);
      if (version === 'v2') expect(await guard()).toMatchObject({ running: { state: 'stopped', stopsItself: false } });
    }
    stand.cheap.behaviour = {};
    await until(async () => (await stand.done('GET', guarded))['state'] === 'active');
    expect(await stand.done('GET', guarded)).toMatchObject({ rollout: { stable: 'v1', share: 0 } });
    const { stops } = (await guard()) as { stops: { reason: string; changeId: number }[] };
    expect(stops).toEqual([
      expect.objectContaining({
        version: 'v3',
        stable: 'v1',
        share: 0.5,
        reason: expect.stringMatching(/^Stopped at 50 %: errors 100 % against 0 %, \d+ calls\.$/),
      }),
    ]);
    const change = await stand.done('GET', `/api/changes/${stops[0]!.changeId}`);
    expect(change['state']).toBe('rolled_back');
    expect(JSON.stringify(change['history'])).toContain(stops[0]!.reason);
  }, 60_000);
});
