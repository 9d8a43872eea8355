import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudit } from '../platform/audit/index.ts';
import { ManualClock } from '../platform/clock/index.ts';
import { createHttpServer, declaredRoutes, type App } from '../platform/http/index.ts';
import { rolePermissions, type Caller, type Role, type Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import type { Preview, Quality, RuleSet, TagRules } from './contract.ts';
import { createTagRulesRoom, type TagRulesRoom } from './index.ts';
import { noRules } from './rule-set.ts';

let stores: TestStores;
let app: App;
let platform: Platform;
let room: TagRulesRoom;
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-tags-'));
const clock = new ManualClock('2026-11-21T12:00:00Z');
const reloads: object[] = [];
const everything: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };

function caller(token: string): Caller {
  const [role = 'viewer', team] = token.split('@');
  return {
    kind: 'person',
    id: `user:${role}`,
    name: role,
    roles: [],
    permissions: new Set(rolePermissions[role as Role] ?? []),
    scope: { ...everything, teams: team === undefined ? 'all' : [team] },
  };
}

interface Row {
  source?: string;
  team?: string;
  account?: string;
  environment?: string;
  category?: string;
  cost: string;
  currency?: string;
  tags?: Record<string, string>;
  tagSource?: Record<string, string>;
}

const rows: readonly Row[] = [
  {
    team: 'search',
    cost: '10',
    environment: 'PROD',
    tags: { team: 'search', env: 'PROD' },
    tagSource: { x_Team: 'tag', x_Environment: 'tag' },
  },
  {
    team: 'search',
    cost: '-4',
    category: 'Credit',
    tags: { team: 'search', owner: 'ada@example.com' },
    tagSource: { x_Team: 'tag' },
  },
  { account: 'ads-prod', cost: '5', environment: 'dev', tags: { env: 'dev' }, tagSource: { x_Environment: 'tag' } },
  { account: 'ads-prod', cost: '2' },
  { account: 'lab', cost: '8' },
  { source: 'gcp', team: 'own', cost: '1' },
  { source: 'gcp', team: 'own', cost: '100', currency: 'EUR' },
];

beforeAll(async () => {
  stores = await testStores({ environment: { AMADEUS_WAREHOUSE_CACHE_SECONDS: '0' } });
  const telemetry = createSilentTelemetry();
  const config = { ...stores.config, dataDir };
  const { store, warehouse } = stores;
  platform = {
    config,
    clock,
    telemetry,
    store,
    warehouse,
    audit: createAudit({ config, store, clock, log: telemetry.log }),
  } as Partial<Platform> as Platform;
  await insertRows();
});

beforeEach(async () => {
  await stores.store.query('TRUNCATE tag_rule_version, tag_rule_applied, tag_token_key');
  reloads.length = 0;
  // Another room has nothing compiled yet.
  room = createTagRulesRoom(platform, { reload: async (place) => reloads.push(place) });
  app = await createHttpServer({
    config: stores.config,
    version: '0.0.0-test',
    clock,
    telemetry: createSilentTelemetry(),
    identity: {
      anonymous: { ...caller('viewer'), kind: 'anonymous' },
      authenticate: async (headers) => caller((headers.authorization ?? '').replace('Bearer ', '')),
    },
    audit: { record: async () => undefined },
    checks: {},
  });
  await room.routes?.(app);
  await app.ready();
});

afterEach(() => app.close());

afterAll(async () => {
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function insertRows(): Promise<void> {
  const at = Date.parse('2026-11-10T00:00:00Z') / 1000;
  for (const source of ['aws', 'gcp']) {
    const place = { Tenant: 'default', Region: 'default', x_Source: source, x_DropId: randomUUID() };
    const own = rows.filter((row) => (row.source ?? 'aws') === source);
    await stores.warehouse.insert(
      'fact_cost_usage',
      own.map((row, index) => ({
        ...place,
        x_SourceLine: index + 2,
        BilledCost: row.cost,
        EffectiveCost: row.cost,
        BillingCurrency: row.currency ?? 'USD',
        ChargePeriodStart: at,
        ChargePeriodEnd: at + 86_400,
        ProviderName: source.toUpperCase(),
        SubAccountName: row.account ?? '',
        ServiceName: 'EC2',
        ChargeCategory: row.category ?? 'Usage',
        x_Environment: row.environment ?? '',
        Tags: row.tags ?? {},
        x_TagSource: row.tagSource ?? {},
        x_Team: row.team ?? '',
      })),
    );
    await stores.warehouse.insert('cost_drop', [
      {
        ...place,
        x_Period: '2026-11',
        x_DropVersion: 1,
        RowCount: own.length,
        QuarantinedCount: source === 'aws' ? 3 : 0,
        ChargePeriodFrom: at,
        ChargePeriodLast: at,
        ChargePeriodTo: at + 86_400,
        ActivatedAt: at,
      },
    ]);
  }
}

async function call<Body>(who: string, method: 'GET' | 'POST' | 'PUT', url: string, body?: object) {
  const answer = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${who}` },
    ...(body ? { payload: body } : {}),
  });
  return { status: answer.statusCode, body: answer.json<Body & { code?: string; detail?: string }>() };
}

const accounts: RuleSet['infer'][number] = {
  name: 'accounts',
  set: 'x_Team',
  from: 'SubAccountName',
  pattern: '^([a-z]+)-prod$',
  value: '$1',
  override: false,
};
const environments: RuleSet['allowed'][number] = {
  name: 'environments',
  on: 'tag:env',
  values: ['production', 'dev'],
  synonyms: { prod: 'production' },
  foldCase: true,
  otherwise: 'keep',
};
const save = (rules: Partial<RuleSet>, version = 0) =>
  call<{ version: number; reloading: string[]; diff: object[] }>('finops', 'PUT', '/api/tag-rules', {
    rules: { ...noRules, ...rules },
    version,
    reason: 'Because.',
  });

describe('rules of tags', () => {
  test('are saved in versions with who, why and what changed, and have the bills read again', async () => {
    const saved = await save({ infer: [accounts] });
    expect([saved.status, saved.body.version, saved.body.reloading]).toEqual([200, 1, ['aws', 'gcp']]);
    expect(reloads).toEqual([
      { tenant: 'default', source: 'aws' },
      { tenant: 'default', source: 'gcp' },
    ]);
    await save({ infer: [accounts], required: [{ name: 'team', tag: 'x_Team' }] }, 1);
    const read = (await call<TagRules>('viewer', 'GET', '/api/tag-rules')).body;
    expect([read.version, read.inForce, read.savedBy?.name, read.rules.infer[0]?.name]).toEqual([
      2,
      'v2',
      'finops',
      'accounts',
    ]);
    const versions = await call<{ versions: { version: number; reason: string; diff: object[] }[] }>(
      'viewer',
      'GET',
      '/api/tag-rules/versions',
    );
    expect(versions.body.versions).toMatchObject([
      { version: 2, reason: 'Because.', diff: [{ kind: 'required', change: 'added' }] },
      { version: 1, diff: [{ kind: 'infer', name: 'accounts', change: 'added' }] },
    ]);
    expect((await call<{ rules: RuleSet }>('viewer', 'GET', '/api/tag-rules/versions/1')).body.rules.required).toEqual(
      [],
    );
    expect((await call('viewer', 'GET', '/api/tag-rules/versions/9')).status).toBe(404);
    const audited = await platform.audit.list({ tenant: 'default', action: 'tag-rules.saved', limit: 10 });
    expect(audited[0]).toMatchObject({ reason: 'Because.', before: { version: 1 }, after: { version: 2 } });
  });

  test('are in force for the next rows at once', async () => {
    const before = await room.rules('default');
    await save({ infer: [accounts] });
    const after = await room.rules('default');
    const row = { columns: { SubAccountName: 'ads-prod' }, tags: {} };
    expect([before.version, before.enrich(row, 'aws').columns['x_Team']]).toEqual(['v0', undefined]);
    expect([after.version, after.enrich(row, 'aws')]).toMatchObject([
      'v1',
      { columns: { x_Team: 'ads' }, tagSource: { x_Team: 'rule:accounts' } },
    ]);
    expect(await room.rules('default')).toBe(after);
    expect((await room.rules('org-2')).enrich(row, 'aws').columns['x_Team']).toBeUndefined();
  });

  test('are refused with everything that is wrong, when somebody else was faster, and to whom they are not given', async () => {
    const wrong = await save({ infer: [{ ...accounts, pattern: '(a+)+' }] });
    expect([wrong.status, wrong.body.detail]).toEqual([
      400,
      'Correct: infer accounts: the pattern repeats a group; repeat single characters or classes such as [a-z]+ only.',
    ]);
    await save({ infer: [accounts] });
    expect((await save({ infer: [] }, 0)).status).toBe(409);
    expect((await save({ infer: [accounts] }, 1)).body.detail).toContain('the same as before');
    const body = { rules: noRules, version: 1, reason: 'x' };
    expect((await call('viewer', 'PUT', '/api/tag-rules', body)).status).toBe(403);
    expect((await call('finops@search', 'PUT', '/api/tag-rules', body)).body.detail).toContain('you see only a part');
    expect((await call('finops', 'PUT', '/api/tag-rules', { ...body, rules: { ...noRules, colour: 1 } })).status).toBe(
      400,
    );
  });

  test('of the configuration go before, are checked at the start, and have the bills read again when they change', async () => {
    const withFile = (rules: Partial<RuleSet>) =>
      createTagRulesRoom(
        { ...platform, config: { ...platform.config, tagRules: { ...noRules, ...rules } } },
        { reload: async (place) => reloads.push(place) },
      );
    const signal = new AbortController().signal;
    await save({ infer: [accounts] });
    reloads.length = 0;
    const file = withFile({ infer: [{ ...accounts, value: 'file-$1' }] });
    await file.start?.(signal);
    const row = { columns: { SubAccountName: 'ads-prod' }, tags: {} };
    expect((await file.rules('default')).enrich(row, 'aws').columns['x_Team']).toBe('file-ads');
    await file.loops?.[0]?.run(signal);
    await file.loops?.[0]?.run(signal);
    expect(reloads).toEqual([{ tenant: 'default' }]);
    await expect(withFile({ infer: [{ ...accounts, from: 'Nothing' }] }).start?.(signal)).rejects.toMatchObject({
      problems: [expect.stringContaining('tagRules.infer accounts: `from`')],
    });
  });

  test('have the bills read again when an exception expires', async () => {
    const signal = new AbortController().signal;
    const own = createTagRulesRoom(platform, { reload: async (place) => reloads.push(place) });
    await save({
      exceptions: [
        {
          name: 'lab',
          when: { accounts: ['lab'] },
          set: { x_Team: 'trial' },
          exempt: [],
          reason: 'agreed',
          expires: '2026-11-21',
        },
      ],
    });
    const row = { columns: { SubAccountName: 'lab' }, tags: {} };
    expect((await own.rules('default')).enrich(row, 'aws').tagSource).toEqual({ x_Team: 'exception:lab' });
    reloads.length = 0;
    await own.loops?.[0]?.run(signal);
    expect(reloads).toEqual([]);
    await clock.advance(86_400_000);
    await own.loops?.[0]?.run(signal);
    expect(reloads).toEqual([{ tenant: 'default' }]);
    expect((await own.rules('default')).enrich(row, 'aws').tagSource).toEqual({});
    await clock.advance(-86_400_000);
  });
});

describe('tokens of personal data', () => {
  const people: RuleSet['protect'][number] = { name: 'people', fields: ['*tag*'], detect: ['email'], action: 'token' };
  const protectedTags = async (tenant: string, from = room) =>
    (await from.rules(tenant)).protect({ Tags: '{"owner":"ada@example.com"}' }, 'aws')['Tags'];

  test('stay the same over a start, differ between tenants, and their key is kept sealed', async () => {
    await save({ protect: [people] });
    const first = await protectedTags('default');
    expect(first).toMatch(/^\{"owner":"email_[a-z]{20}"\}$/);
    expect(await protectedTags('default', createTagRulesRoom(platform, {}))).toBe(first);
    expect(readFileSync(join(dataDir, 'tokens', 'tagTokenKey'), 'utf8').trim().length).toBeGreaterThan(40);
    await stores.store.query(
      `INSERT INTO tag_rule_version SELECT 'org-2', version, rules, diff, reason, by_id, by_name, at FROM tag_rule_version`,
    );
    expect(await protectedTags('org-2')).not.toBe(first);
  });

  test('are not made, and nothing passes, under another key of the configuration', async () => {
    await save({ protect: [people] });
    await protectedTags('default');
    const other = createTagRulesRoom(
      { ...platform, config: { ...platform.config, tagRules: { ...noRules, tokenKey: 'another secret' } } },
      {},
    );
    await expect(other.rules('default')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a preview', () => {
  const preview = async (rules: Partial<RuleSet>, who = 'viewer', more: object = {}) =>
    (await call<Preview>(who, 'POST', '/api/tag-rules/preview', { rules: { ...noRules, ...rules }, ...more })).body;

  test('tells what moves from which team to which, what will be missing and what is not allowed', async () => {
    const answer = await preview({
      infer: [accounts],
      allowed: [{ ...environments, on: 'x_Environment' }],
      names: { x_Environment: ['env'] },
      required: [
        { name: 'team', tag: 'x_Team' },
        { name: 'owner', tag: 'tag:owner' },
      ],
      protect: [{ name: 'people', fields: ['*tag*'], detect: ['email', 'card'], action: 'mask' }],
    });
    expect([answer.currency, answer.rows, answer.cost, answer.changedRows, answer.changedCost]).toEqual([
      'USD',
      6,
      '22',
      3,
      '17',
    ]);
    expect(answer.moves).toEqual([
      { dimension: 'x_Environment', from: 'PROD', to: 'production', by: 'tag', rows: 1, cost: '10' },
      { dimension: 'x_Team', from: '', to: 'ads', by: 'rule:accounts', rows: 2, cost: '7' },
    ]);
    expect(answer.missing).toEqual([
      { tag: 'tag:owner', before: '0', after: '26', newly: '26' },
      { tag: 'x_Team', before: '15', after: '8', newly: '0' },
    ]);
    expect(answer.protected).toEqual([{ rule: 'people', detector: 'email', values: 1, rows: 1 }]);
    expect(answer.affected).toEqual(['aws', 'gcp']);
    expect(answer.notices.map(({ text }) => text.slice(0, 30))).toEqual([
      'Only USD is looked at; there a',
      'Rules for personal data hold f',
    ]);
    expect(reloads).toEqual([]);
  });

  test('keeps what the charge itself says, and takes back what a tag has set', async () => {
    const { moves, violations } = await preview({
      names: { x_Team: ['squad'] },
      allowed: [
        { name: 'teams', on: 'x_Team', values: ['search', 'ads'], foldCase: true, synonyms: {}, otherwise: 'keep' },
      ],
    });
    expect(moves).toEqual([{ dimension: 'x_Team', from: 'search', to: '', by: '', rows: 2, cost: '6' }]);
    expect(violations).toEqual([{ rule: 'teams', on: 'x_Team', value: 'own', rows: 1, cost: '1' }]);
  });

  test('shows a caller of one team what moves within it', async () => {
    const { rows: seen, moves } = await preview({ infer: [accounts] }, 'viewer@search');
    expect([seen, moves]).toEqual([2, []]);
  });

  test('of a draft that cannot hold says why', async () => {
    const answer = await call('viewer', 'POST', '/api/tag-rules/preview', {
      rules: { ...noRules, infer: [{ ...accounts, pattern: '(' }] },
    });
    expect([answer.status, answer.body.detail]).toEqual([
      400,
      'Correct: infer accounts: the pattern is no regular expression.',
    ]);
  });
});

describe('the quality of tags', () => {
  const quality = async (query = '', who = 'viewer') => (await call<Quality>(who, 'GET', `/api/quality${query}`)).body;

  test('is what lacks a team, by money without signs, and equals a query of the raw rows', async () => {
    const answer = await quality();
    expect(answer.overall).toEqual([{ tag: 'x_Team', missing: '15', of: '30', share: '0.5', lines: 3 }]);
    const raw = await stores.warehouse.query<{ missing: string }>(
      `SELECT toString(sumIf(abs(EffectiveCost), x_Team = '')) AS missing FROM fact_cost_usage WHERE BillingCurrency = 'USD'`,
    );
    expect(raw.rows[0]?.missing).toBe('15');
    expect(answer.bySource).toMatchObject([
      { source: 'aws', quarantined: 3, rows: 5, tags: [{ share: '0.517241' }] },
      { source: 'gcp', quarantined: 0, tags: [{ missing: '0', share: '0' }] },
    ]);
    expect(answer.byTeam.map(({ team, tags }) => [team, tags[0]?.share])).toEqual([
      ['', '1'],
      ['search', '0'],
      ['own', '0'],
    ]);
    expect([answer.quarantined, answer.currency]).toEqual([3, 'USD']);
    expect(await room.quality.missingShare({}, everything)).toEqual([
      { tag: 'x_Team', missing: '15', of: '30', share: '0.5' },
    ]);
  });

  test('counts required tags, values that are not allowed, and exceptions', async () => {
    await save({
      required: [
        { name: 'env', tag: 'tag:Env', when: { providers: ['AWS'] } },
        { name: 'team', tag: 'x_Team' },
      ],
      allowed: [environments],
      exceptions: [
        { name: 'lab', when: { accounts: ['lab'] }, set: {}, exempt: ['tag:env', 'x_Team'], reason: 'agreed' },
      ],
    });
    const answer = await quality('?from=2026-11-01&to=2026-11-30');
    expect(answer.overall).toEqual([
      { tag: 'tag:Env', missing: '6', of: '21', share: '0.285714', lines: 2 },
      { tag: 'x_Team', missing: '7', of: '22', share: '0.318182', lines: 2 },
    ]);
    expect(answer.violations).toEqual([{ rule: 'environments', on: 'tag:env', value: 'PROD', lines: 1, cost: '10' }]);
  });

  test('is narrowed to what the caller may see, to a span and a currency', async () => {
    expect((await quality('', 'viewer@search')).overall).toEqual([
      { tag: 'x_Team', missing: '0', of: '14', share: '0', lines: 0 },
    ]);
    expect((await quality('?from=2026-11-11')).overall).toEqual([]);
    expect((await quality('?currency=EUR')).overall).toMatchObject([{ of: '100' }]);
    expect((await call('viewer', 'GET', '/api/quality?from=2026-11-11&to=2026-11-01')).status).toBe(400);
  });

  test('and the rules name a permission for each route and are documented', () => {
    const routes = declaredRoutes(app).filter(({ url }) => url.startsWith('/api/tag-rules') || url === '/api/quality');
    expect(routes).toHaveLength(6);
    expect(routes.filter((route) => route.permission === 'public' || route.undocumented.length > 0)).toEqual([]);
  });
});
