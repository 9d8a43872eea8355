import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openExportStand, type ExportStand } from '../focus-export/fixtures/export-stand.ts';
import type { Platform } from '../platform/platform.ts';
import type { View, Views } from './contract.ts';
import { createViewsRoom } from './index.ts';

let stand: ExportStand;
const look = {
  name: 'Search by model',
  page: 'finops/explore',
  params: { filter: ['x_Team:search'], group: ['x_Model', 'ServiceName'], from: 'now-7d' },
};

beforeAll(async () => {
  stand = await openExportStand('2026-03-20T12:00:00Z', (platform) => [createViewsRoom(platform)]);
});
beforeEach(async () => {
  stand.audited.length = 0;
  await stand.stores.store.query('TRUNCATE saved_view');
});
afterAll(() => stand.close());

async function save(body: object = look, as?: string): Promise<View> {
  const { status, text, body: view } = await stand.call('POST', '/api/views', body, as);
  if (status !== 201) throw new Error(text);
  return view as unknown as View;
}
const names = async (as?: string) =>
  ((await stand.get('/api/views', as)).body as unknown as Views).views.map((view) => view.name);
const refused = async (...call: Parameters<ExportStand['call']>) => {
  const { status, body } = await stand.call(...call);
  return [status, body.detail];
};

describe('a saved view', () => {
  test('is kept with its page and parameters, each a list, and audited', async () => {
    const view = await save();
    expect(view).toMatchObject({
      ...look,
      params: { ...look.params, from: ['now-7d'] },
      ...{ shared: false, mine: true, editable: true, origin: 'api', version: 1, owner: { name: 'ada' } },
    });
    expect((await stand.get(`/api/views/${view.id}`)).body).toEqual(view);
    expect(stand.audited).toMatchObject([
      { action: 'view.created', target: `view:${view.id}`, actor: { id: 'user:ada' }, after: { name: look.name } },
    ]);
  });

  test('is found by its owner alone until it is shared', async () => {
    const { id, version } = await save();
    expect(await names('bob')).toEqual([]);
    expect(await refused('GET', `/api/views/${id}`, undefined, 'bob')).toEqual([404, `There is no saved view ${id}.`]);
    const shared = await stand.call('PUT', `/api/views/${id}`, { ...look, shared: true, version });
    expect(shared.body).toMatchObject({ shared: true, version: 2 });
    expect(await names('bob')).toEqual([look.name]);
  });

  test('of one page is listed by that page', async () => {
    await save();
    await save({ ...look, name: 'Budgets', page: 'finops/budgets' });
    const { body } = await stand.get('/api/views?page=finops/budgets');
    expect((body as unknown as Views).views.map(({ name }) => name)).toEqual(['Budgets']);
  });

  test('is changed only as it was seen, and deleted by whoever may', async () => {
    const { id } = await save();
    await stand.call('PUT', `/api/views/${id}`, { ...look, name: 'Other', version: 1 });
    expect(await refused('PUT', `/api/views/${id}`, { ...look, version: 1 })).toEqual([
      409,
      'The view was changed or deleted by someone else meanwhile.',
    ]);
    expect((await refused('DELETE', `/api/views/${id}`, undefined, 'bob'))[0]).toBe(404);
    expect((await refused('DELETE', `/api/views/${id}`))[0]).toBe(204);
    expect(stand.audited.map(({ action }) => action)).toEqual(['view.created', 'view.changed', 'view.deleted']);
  });

  test('has a name that no other of the owner and no shared one has', async () => {
    await save();
    expect(await refused('POST', '/api/views', { ...look, name: ' SEARCH by model ' })).toEqual([
      409,
      'There is a view "SEARCH by model" already; choose another name.',
    ]);
    await save({ ...look, shared: true }, 'bob');
    expect((await refused('POST', '/api/views', { ...look, shared: true }, 'eve'))[0]).toBe(409);
    await save(look, 'eve');
  });
});

describe('what a caller may do', () => {
  test('a viewer keeps views of their own and shares none', async () => {
    await save(look, 'viewer');
    expect(await refused('POST', '/api/views', { ...look, name: 'For all', shared: true }, 'viewer')).toEqual([
      403,
      'Sharing a view needs the permission reports:write.',
    ]);
    const shared = await save({ ...look, name: 'Shared', shared: true });
    const { body } = await stand.get('/api/views', 'viewer');
    expect(body).toMatchObject({ mayShare: false, views: [{ editable: true }, { editable: false, mine: false }] });
    expect((await refused('DELETE', `/api/views/${shared.id}`, undefined, 'viewer'))[0]).toBe(403);
  });

  test('a shared view whose filter names other teams is not shown, and cannot be made', async () => {
    await save({ ...look, params: { filter: ['x_Team:search,ads'] }, shared: true });
    await save({ ...look, name: 'Ads', params: { filter: ['x_Team:ads', 'ServiceName:S3'] }, shared: true });
    expect(await names('eve/ads')).toEqual(['Ads']);
    expect((await refused('POST', '/api/views', look, 'eve/ads'))[0]).toBe(403);
  });

  test('a view is found by who sees the regions that its author named, or else all that its author sees', async () => {
    const views = { Seoul: ['seoul'], Nowhere: [], Everywhere: undefined };
    for (const [name, regions] of Object.entries(views))
      await save({ ...look, params: {}, name, shared: true, ...(regions ? { regions } : {}) });
    const { id } = await save({ ...look, params: {}, name: 'Of Seoul', shared: true }, 'kim//seoul');
    expect(await names('bob')).toEqual(['Everywhere', 'Nowhere', 'Of Seoul', 'Seoul']);
    expect(await names('lee//seoul')).toEqual(['Nowhere', 'Of Seoul', 'Seoul']);
    expect(await names('ola//oslo')).toEqual(['Nowhere']);
    expect((await stand.get(`/api/views/${id}`)).body).toMatchObject({ regions: ['seoul'] });
    expect((await refused('GET', `/api/views/${id}`, undefined, 'ola//oslo'))[0]).toBe(404);
    const wide = { ...look, name: 'Wide', params: {}, regions: ['seoul', 'oslo'] };
    expect((await refused('POST', '/api/views', wide, 'ola//oslo'))[0]).toBe(403);
    expect((await refused('POST', '/api/views', { ...wide, regions: 'all' }, 'ola//oslo'))[0]).toBe(403);
  });

  test('a view of one who sees some teams is found by who sees those', async () => {
    await save({ ...look, params: {}, name: 'Of ads', shared: true }, 'eve/ads');
    expect(await names('bob')).toEqual(['Of ads']);
    expect(await names('joe/search')).toEqual([]);
  });

  test.each([
    ['another site', { ...look, page: '//evil.example' }],
    ['a path that climbs', { ...look, page: 'finops/../admin' }],
    ['a script', { ...look, page: 'javascript:alert(1)' }],
    ['an empty name', { ...look, name: '  ' }],
    ['a parameter with a control character', { ...look, params: { filter: ['a\u0000'] } }],
    ['too long an address', { ...look, params: { filter: Array(10).fill('가'.repeat(200)) } }],
    ['half a character', { ...look, name: 'x\ud800' }],
  ])('%s is refused', async (_, body) => {
    expect((await refused('POST', '/api/views', body))[0]).toBe(400);
  });
});

describe('views of the configuration', () => {
  const provision = (views: object[]) => {
    const config = { ...stand.platform.config, views };
    return createViewsRoom({ ...stand.platform, config } as Platform).start!(AbortSignal.timeout(60_000));
  };

  test('are shared, read-only, follow the file, and are written once', async () => {
    await provision([{ id: 'weekly', ...look }]);
    await provision([{ id: 'weekly', ...look }]);
    expect(stand.audited.map(({ action }) => action)).toEqual(['view.created']);
    expect((await stand.get('/api/views/weekly', 'bob')).body).toMatchObject({ origin: 'file', editable: false });
    expect((await refused('DELETE', '/api/views/weekly'))[0]).toBe(409);
    await provision([{ id: 'monthly', ...look, params: { from: 'now-30d' } }]);
    expect(await names()).toEqual([look.name]);
    expect(stand.audited.map(({ action }) => action)).toEqual(['view.created', 'view.deleted', 'view.created']);
  });

  test('stop the start with what is wrong in them', async () => {
    await expect(
      provision([
        { id: 'a', ...look },
        { id: 'a', ...look },
      ]),
    ).rejects.toThrow(/its id stands twice/);
  });
});
