import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCostRoom } from '../cost/index.ts';
import { openExportStand, type ExportStand } from '../focus-export/fixtures/export-stand.ts';
import { createViewsRoom } from '../views/index.ts';
import type { Found, SearchAnswer } from './contract.ts';
import { createSearchRoom } from './index.ts';
import { fold, foldedSql } from './fold.ts';
import type { SearchPorts } from './ports.ts';

let stand: ExportStand;
let room: ReturnType<typeof createSearchRoom>;
/** What the other rooms answer; a test may replace a part. */
let others: Pick<SearchPorts, 'budgets' | 'sources' | 'workloads'>;

const charge = (day: string, cost: string, tags: Record<string, string>, more: Record<string, string> = {}) => ({
  ChargePeriodStart: `${day}T00:00:00Z`,
  ChargePeriodEnd: `${day}T01:00:00Z`,
  BillingPeriodStart: `${day.slice(0, 7)}-01T00:00:00Z`,
  ...{ BilledCost: cost, EffectiveCost: cost, ListCost: cost, ContractedCost: cost },
  Tags: JSON.stringify(tags),
  ...more,
});

const index = () => room.loops![0]!.run(AbortSignal.timeout(60_000));

beforeAll(async () => {
  others = {
    budgets: async () => [{ id: 'b-1', name: 'Search, month' }],
    sources: async () => [{ source: 'search-bills', title: 'FOCUS', region: 'default' }],
    workloads: async () => [{ workload: 'shop/search', region: 'default' }],
  };
  stand = await openExportStand('2026-03-20T12:00:00Z', (platform) => {
    const { cost } = createCostRoom(platform);
    const views = createViewsRoom(platform);
    room = createSearchRoom(platform, {
      bills: (scope, signal) => cost.bills(scope, signal),
      views: (caller) => views.views.list(caller),
      budgets: (scope) => others.budgets(scope),
      sources: (scope) => others.sources(scope),
      workloads: (scope) => others.workloads(scope),
    });
    return [views, room];
  });
  await stand.ingest('main', [
    charge('2026-03-18', '1.5', { team: 'search', product: 'web' }, { ResourceId: 'i-0abc', ResourceName: 'search-1' }),
    charge('2026-03-19', '2', { team: 'search', product: 'web' }, { ResourceId: 'i-0abc', ResourceName: 'search-1' }),
    charge('2026-03-19', '4', { team: 'ads', product: 'Café Zürich' }, { ResourceId: 'i-0def', ResourceName: 'ads-1' }),
    charge('2026-03-19', '8', { team: '검색팀', product: 'web' }, { ResourceId: "x'); DROP", ResourceName: '' }),
  ]);
  await stand.ingest('old', [charge('2026-01-05', '16', { team: 'search', product: 'web' })]);
  await index();
});
afterAll(() => stand.close());

async function find(q: string, as?: string, limit = 20): Promise<SearchAnswer> {
  const { status, text, body } = await stand.get(
    `/api/search?${new URLSearchParams({ q, limit: String(limit) }).toString()}`,
    as,
  );
  if (status !== 200) throw new Error(text);
  return body as unknown as SearchAnswer;
}
const told = ({ results }: SearchAnswer): string[] => results.map(({ type, name }) => `${type} ${name}`);
const one = ({ results }: SearchAnswer, type: Found['type']): Found => results.find((found) => found.type === type)!;

describe('search', () => {
  test('finds teams, resources, budgets, sources and workloads by a part of their names', async () => {
    const answer = await find('sear');
    expect(told(answer).sort()).toEqual([
      'budget Search, month',
      'resource search-1',
      'source search-bills',
      'team search',
      'workload shop/search',
    ]);
    expect(answer).toMatchObject({ more: false, notices: [] });
  });

  test('tells what each cost in the last 30 days, to the last digit, and where it is shown', async () => {
    const answer = await find('search');
    expect(answer.results[0]).toEqual({
      type: 'team',
      id: 'search',
      name: 'search',
      match: { field: 'name', how: 'exact', text: 'search', marks: [[0, 6]] },
      spend: [{ amount: '3.5', currency: 'USD' }],
      link: { page: 'finops/explore', params: { filter: ['x_Team:search'], group: ['ServiceName', 'x_Model'] } },
    });
    expect(one(answer, 'resource')).toMatchObject({
      id: 'i-0abc',
      spend: [{ amount: '3.5', currency: 'USD' }],
      link: { page: 'finops/explore', params: { resource: ['i-0abc'], lines: ['1'] } },
    });
    expect(one(answer, 'budget').link).toEqual({ page: 'finops/budgets', params: { budget: ['b-1'] } });
    expect(one(answer, 'workload').spend).toBeUndefined();
  });

  test('finds a resource by its id and says so', async () => {
    expect((await find('0ABC')).results[0]).toMatchObject({
      name: 'search-1',
      match: { field: 'id', how: 'word', text: 'i-0abc', marks: [[2, 6]] },
    });
  });

  test('ignores case, marks and punctuation, and knows Korean in the making', async () => {
    expect(told(await find('ZURICH cafe'))).toEqual(['product Café Zürich']);
    expect(told(await find('거'))).toEqual(['team 검색팀']);
  });

  test('folds in the warehouse as it does here', async () => {
    const texts = ['GPT-4.1_mini', 'Café', 'İs', '검색팀', 'ＦＵ ｌ', 'ß ẞ', "a'b\\c|d", '🚀 x', 'Ǆ½', '$5+x=1'];
    const { rows } = await stand.platform.warehouse.query<{ folded: string }>(
      `SELECT ${foldedSql('text')} AS folded FROM (SELECT arrayJoin({texts:Array(String)}) AS text)`,
      { params: { texts } },
    );
    expect(rows.map(({ folded }) => folded)).toEqual(texts.map(fold));
  });

  test('takes whatever is typed as text', async () => {
    expect(told(await find("x'); DROP"))).toEqual(["resource x'); DROP"]);
    for (const q of ["' OR 1=1 --", '%', '\\', '{whole:String}', '\0', '_', '()*', 'x'.repeat(200)])
      expect((await find(q)).results).toEqual([]);
  });

  test('names nothing outside the teams of the caller', async () => {
    others = { ...others, budgets: async ({ teams }) => (teams === 'all' ? [{ id: 'b-1', name: 'Search' }] : []) };
    expect(told(await find('search', 'eve/ads'))).toEqual(['workload shop/search']);
    expect(told(await find('i-0', 'eve/ads'))).toEqual(['resource ads-1']);
    expect(told(await find('web', 'eve/ads'))).toEqual([]);
  });

  test('shows sources and workloads only to those who may read them', async () => {
    expect(told(await find('search-bills', 'viewer'))).toEqual([]);
    expect(told(await find('shop', 'viewer'))).toEqual([]);
  });

  test('says what could not be searched, and the rest stands', async () => {
    const { budgets } = others;
    others = { ...others, budgets: () => Promise.reject(new Error('away')) };
    const answer = await find('search');
    others = { ...others, budgets };
    expect(told(answer)).toContain('team search');
    expect(answer.notices).toEqual([{ severity: 'warning', text: 'Budgets could not be searched.' }]);
  });

  test('finds saved views, and those of others only where they are shared', async () => {
    const view = { name: 'Weekly look', page: 'finops/explore', params: { filter: ['x_Team:search'] } };
    await stand.call('POST', '/api/views', view);
    await stand.call('POST', '/api/views', { ...view, name: 'Weekly for all', shared: true });
    expect(told(await find('weekly'))).toEqual(['view Weekly for all', 'view Weekly look']);
    expect(told(await find('weekly', 'bob'))).toEqual(['view Weekly for all']);
    expect(told(await find('weekly', 'bob/ads'))).toEqual([]);
  });

  test('shows some of every kind, and says that there are more', async () => {
    await stand.ingest(
      'many',
      Array.from({ length: 30 }, (_, n) =>
        charge('2026-03-19', '1', { team: 'z' }, { ResourceId: `pod-${n}`, ServiceName: 'pods' }),
      ),
    );
    const before = await find('pod');
    expect([before.results, before.notices]).toEqual([
      [],
      [{ severity: 'info', text: '1 bills that came just now are not searched yet.' }],
    ]);
    await index();
    const { results, more } = await find('pod', 'ada', 5);
    expect([results.length, more]).toEqual([5, true]);
    expect(new Set(results.map(({ type }) => type))).toEqual(new Set(['resource', 'service']));
  });

  test('forgets what a bill that was replaced spoke of', async () => {
    await stand.ingest('many', [charge('2026-03-19', '1', { team: 'z' }, { ResourceId: 'node-1' })]);
    await index();
    expect(told(await find('pod'))).toEqual([]);
    expect(told(await find('node'))).toEqual(['resource node-1']);
  });
});
