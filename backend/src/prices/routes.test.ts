import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { declaredRoutes } from '../platform/http/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { pricesGround, type PricesGround } from './fixtures/prices-ground.ts';

let stores: TestStores;
let ground: PricesGround;

beforeAll(async () => {
  stores = await testStores();
  ground = await pricesGround(stores);
});
beforeEach(async () => {
  await stores.store.query(
    'TRUNCATE price_entry, price_discount, price_commitment, price_import, currency_rate RESTART IDENTITY CASCADE',
  );
  await stores.store.query(
    `INSERT INTO price_version VALUES ('', 1), ('default', 1) ON CONFLICT (tenant) DO UPDATE SET version = price_version.version + 1`,
  );
});
afterAll(async () => {
  await ground.app.close();
  await stores.close();
});

const gpt = {
  kind: 'llm',
  provider: 'OpenAI',
  item: 'gpt-4.1',
  currency: 'USD',
  components: [
    { meter: 'input', price: '0.000002' },
    { meter: 'output', price: '0.000008' },
  ],
};
const usage = {
  startedAt: '2026-11-15T11:00:00Z',
  provider: 'openai',
  model: 'gpt-4.1',
  inputTokens: 1000,
  outputTokens: 100,
};
const { call } = { call: (...args: Parameters<PricesGround['call']>) => ground.call(...args) };
const quote = async (more: object = {}) =>
  (await call('viewer', 'POST', '/api/prices/quote', { usage: { ...usage, ...more } })).body;

describe('the price book', () => {
  test('takes a price through its life: made, superseded, retired, all of it visible', async () => {
    expect(await quote()).toMatchObject({ priced: false, unpriced: expect.stringContaining('no price') });
    const made = await call('finops', 'POST', '/api/prices', { ...gpt, note: 'Contract 17' });
    expect([made.status, made.body]).toEqual([201, { id: 'p1' }]);
    expect(await quote()).toMatchObject({ cost: '0.0028', priceId: 'p1' });

    const next = await call('finops', 'POST', '/api/prices/p1/supersede', {
      components: [
        { meter: 'input', price: '0.000001' },
        { meter: 'output', price: '0.000004' },
      ],
      from: '2026-11-10',
      reason: 'New contract',
    });
    expect([next.status, next.body]).toEqual([201, { id: 'p2' }]);
    expect(await quote()).toMatchObject({ cost: '0.0014', priceId: 'p2' });
    expect(await quote({ startedAt: '2026-11-09T23:59:59Z' })).toMatchObject({ cost: '0.0028', priceId: 'p1' });

    const retired = await call('finops', 'DELETE', '/api/prices/p2?reason=No%20longer%20used');
    expect(retired.status).toBe(204);
    await ground.clock.advance(1000);
    expect(await quote({ startedAt: '2026-11-15T12:00:01Z' })).toMatchObject({ priced: false });
    const { body } = await call('viewer', 'GET', '/api/prices/p1');
    expect(body).toMatchObject({
      id: 'p1',
      from: null,
      to: '2026-11-10T00:00:00.000Z',
      closeReason: 'New contract',
      closedBy: { name: 'finops' },
      summary: '2 in, 8 out USD per million tokens',
      history: [{ id: 'p2', note: 'Contract 17' }, { id: 'p1' }],
    });
  });

  test('records every write in the audit log', async () => {
    await call('finops', 'POST', '/api/prices', gpt);
    await call('finops', 'POST', '/api/prices/p1/supersede', { currency: 'EUR', reason: 'Billed in euro' });
    const entries = await ground.platform.audit.list({ tenant: 'default', limit: 2 });
    expect(entries.map(({ action, target, reason }) => [action, target, reason])).toEqual([
      ['price.superseded', 'price:p1', 'Billed in euro'],
      ['price.created', 'price:p1', undefined],
    ]);
  });

  test('a version never changes, not even in the store', async () => {
    await call('finops', 'POST', '/api/prices', gpt);
    await expect(stores.store.query(`UPDATE price_entry SET currency = 'EUR'`)).rejects.toThrow();
    await call('finops', 'DELETE', '/api/prices/p1?reason=x');
    await expect(stores.store.query(`UPDATE price_entry SET valid_to = now()`)).rejects.toThrow();
    const again = await call('finops', 'DELETE', '/api/prices/p1?reason=x');
    expect([again.status, again.body.code]).toEqual([409, 'CONFLICT']);
  });

  test('lists by kind, provider, words and time', async () => {
    await call('finops', 'POST', '/api/prices', gpt);
    await call('finops', 'POST', '/api/prices', { kind: 'gpu', item: 'H100', currency: 'USD', unitPrice: '2.50' });
    await call('finops', 'POST', '/api/prices', { ...gpt, item: 'gpt-old', to: '2026-01-01' });
    const ids = async (query: string) =>
      ((await call('viewer', 'GET', `/api/prices?${query}`)).body.prices as { id: string }[])
        .map(({ id }) => id)
        .sort();
    expect(await ids('')).toEqual(['p1', 'p2']);
    expect(await ids('kind=llm')).toEqual(['p1']);
    expect(await ids('provider=openai')).toEqual(['p1']);
    expect(await ids('search=h10')).toEqual(['p2']);
    expect(await ids('at=2025-06-01&search=gpt')).toEqual(['p1', 'p3']);
    expect(await ids('at=all')).toEqual(['p1', 'p2', 'p3']);
  });

  test('belongs to its tenant', async () => {
    await call('finops:other', 'POST', '/api/prices', gpt);
    expect(await quote()).toMatchObject({ priced: false });
    expect((await call('viewer', 'GET', '/api/prices/p1')).status).toBe(404);
    expect((await call('finops', 'DELETE', '/api/prices/p1?reason=x')).status).toBe(404);
  });

  test.each([
    ['the reader may not write', 'viewer', gpt, 403, 'FORBIDDEN'],
    [
      'a word is no price',
      'finops',
      { ...gpt, components: [{ meter: 'input', price: 'free' }] },
      400,
      'VALIDATION_FAILED',
    ],
    ['a negative price', 'finops', { ...gpt, components: [{ meter: 'input', price: '-1' }] }, 400, 'VALIDATION_FAILED'],
    ['an unknown meter', 'finops', { ...gpt, components: [{ meter: 'smell', price: '1' }] }, 400, 'VALIDATION_FAILED'],
    ['no components', 'finops', { ...gpt, components: undefined }, 400, 'VALIDATION_FAILED'],
    [
      'a meter twice',
      'finops',
      { ...gpt, components: [gpt.components[0], gpt.components[0]] },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'an end before the beginning',
      'finops',
      { ...gpt, from: '2026-02-01', to: '2026-01-01' },
      400,
      'VALIDATION_FAILED',
    ],
    ['a day that does not exist', 'finops', { ...gpt, from: '2026-02-31T00' }, 400, 'VALIDATION_FAILED'],
    ['hardware without a unit price', 'finops', { kind: 'gpu', item: 'x', currency: 'USD' }, 400, 'VALIDATION_FAILED'],
  ])('refuses: %s', async (_name, who, body, status, code) => {
    const answer = await call(who, 'POST', '/api/prices', body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('refuses a second open price of one name', async () => {
    await call('finops', 'POST', '/api/prices', gpt);
    const answer = await call('finops', 'POST', '/api/prices', { ...gpt, item: 'GPT-4.1' });
    expect([answer.status, answer.body.code]).toEqual([409, 'CONFLICT']);
  });

  test('quotes hardware, and in another currency with the rate', async () => {
    await call('finops', 'POST', '/api/prices', { kind: 'gpu', item: 'H100', currency: 'USD', unitPrice: '2.50' });
    const rates = [{ from: 'USD', to: 'KRW', day: '2026-11-13', rate: '1400' }];
    await call('finops', 'POST', '/api/prices/currency-rates', { rates });
    const rate = { kind: 'gpu', item: 'NVIDIA H100', at: '2026-11-15T00:00:00Z', quantity: '8' };
    const { body } = await call('viewer', 'POST', '/api/prices/quote', { rate, currency: 'KRW' });
    expect(body).toMatchObject({
      cost: '20',
      converted: {
        amount: '28000',
        currency: 'KRW',
        rate: '1400',
        rateDay: '2026-11-13',
        rateSource: 'entered by finops',
      },
    });
  });
});

describe('agreements', () => {
  test('a discount counts from when it was agreed until it ends', async () => {
    await call('finops', 'POST', '/api/prices', gpt);
    const agreed = await call('finops', 'POST', '/api/prices/discounts', {
      kind: 'llm',
      provider: 'openai',
      percent: '50',
      from: '2026-11-01',
    });
    expect([agreed.status, agreed.body]).toEqual([201, { id: 'd1' }]);
    expect(await quote()).toMatchObject({ cost: '0.0014' });
    expect(await quote({ startedAt: '2026-10-31T23:00:00Z' })).toMatchObject({ cost: '0.0028' });
    expect((await call('finops', 'DELETE', '/api/prices/discounts/d1?reason=over')).status).toBe(204);
    await ground.clock.advance(1000);
    expect(await quote({ startedAt: ground.clock.now().toISOString() })).toMatchObject({ cost: '0.0028' });
  });

  test('a commitment tells what was committed and used', async () => {
    await call('finops', 'POST', '/api/prices/commitments', {
      ...{ type: 'spend', kind: 'llm', provider: 'openai', amount: '1000', currency: 'USD', prepaid: true },
      ...{ from: '2026-11-01', to: '2026-12-01', note: 'Annual' },
    });
    const { body } = await call('viewer', 'GET', '/api/prices/commitments');
    expect(body).toMatchObject([{ id: 'c1', committed: '1000', used: '0', unused: '1000', inEffect: true }]);
  });
});

describe('importing a price file', () => {
  const file = (input: string) =>
    `{"gpt-4.1":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":${input},"output_cost_per_token":8e-06,"max_tokens":1,"smell_cost":1}}`;
  const send = (text: string, query = '') => call('finops', 'POST', `/api/prices/import?format=litellm${query}`, text);

  test('preview tells what would change and changes nothing', async () => {
    const { status, body } = await send(file('2e-06'), '&preview=true');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      preview: true,
      models: 1,
      counts: { new: 1, changed: 0, unchanged: 0, gone: 0, hidden: 0 },
      new: [{ provider: 'openai', item: 'gpt-4.1', price: '2 in, 8 out USD per million tokens' }],
    });
    expect(body.notPriced).toContainEqual(expect.objectContaining({ field: 'smell_cost', models: 1, known: false }));
    expect(await quote()).toMatchObject({ priced: false });
  });

  test('new prices hold since always, changed ones from now, the same file changes nothing', async () => {
    expect((await send(file('2e-06'))).body).toMatchObject({ importId: 1, counts: { new: 1 } });
    expect((await send(file('2e-06'))).body).toMatchObject({ counts: { new: 0, changed: 0, unchanged: 1 } });
    const changed = await send(file('0.000001'));
    expect(changed.body).toMatchObject({
      counts: { changed: 1 },
      changed: [{ before: '2 in, 8 out USD per million tokens', changes: ['input 0.000002 → 0.000001'] }],
    });
    expect(await quote()).toMatchObject({ cost: '0.0028' });
    expect(await quote({ startedAt: '2026-12-01T00:00:00Z' })).toMatchObject({ cost: '0.0018' });
    const { body } = await call('viewer', 'GET', '/api/prices/imports');
    expect((body as unknown as { id: number }[]).map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  test('what people wrote comes first', async () => {
    await call('finops', 'POST', '/api/prices', gpt);
    expect((await send(file('9e-06'))).body).toMatchObject({ counts: { new: 1, hidden: 1 } });
    expect(await quote()).toMatchObject({ priceId: 'p1', cost: '0.0028' });
  });

  test('what is gone stays until it is asked to end', async () => {
    await send(file('2e-06'));
    const other = file('2e-06').replace('gpt-4.1', 'gpt-5');
    expect((await send(other)).body).toMatchObject({
      counts: { new: 1, gone: 1 },
      gone: [{ item: 'gpt-4.1', id: 'p1' }],
    });
    expect(await quote({ startedAt: '2026-12-01T00:00:00Z' })).toMatchObject({ priced: true });
    await send(other, '&closeGone=true');
    expect(await quote({ startedAt: '2026-12-01T00:00:00Z' })).toMatchObject({ priced: false });
  });

  test('a file of Portkey needs its provider', async () => {
    const portkey =
      '{"gpt-4.1":{"pricing_config":{"pay_as_you_go":{"request_token":{"price":0.0002},"response_token":{"price":0.0008}}}}}';
    const without = await call('finops', 'POST', '/api/prices/import?format=portkey', portkey);
    expect([without.status, without.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    const sent = await call('finops', 'POST', '/api/prices/import?format=portkey&provider=openai', portkey);
    expect(sent.body).toMatchObject({ counts: { new: 1 } });
    expect(await quote()).toMatchObject({ cost: '0.0028' });
  });

  test.each([
    ['no JSON', 'x', 422],
    ['no price', '{}', 422],
    ['a list', '[1]', 422],
    ['nothing', ' ', 400],
  ])('refuses %s', async (_name, text, status) => {
    expect((await send(text)).status).toBe(status);
  });

  test('asks for the permission to write', async () => {
    expect((await call('viewer', 'POST', '/api/prices/import?format=litellm', file('1'))).status).toBe(403);
  });
});

describe('exchange rates', () => {
  const csv = 'Date,USD,KRW,GBP,\n2026-11-13,1.1,1600,0.88,\n2026-11-12,1.0,1500,N/A,\n';

  test('come from the file of the European Central Bank, and cross by the euro', async () => {
    const sent = await call('finops', 'POST', '/api/prices/currency-rates/import', csv);
    expect(sent.body).toMatchObject({ rates: 5, changed: 5, days: 2, currencies: ['USD', 'KRW', 'GBP'], refused: [] });
    expect((await call('finops', 'POST', '/api/prices/currency-rates/import', csv)).body).toMatchObject({ changed: 0 });
    const days = await call(
      'viewer',
      'GET',
      '/api/prices/currency-rates/days?from=USD&to=KRW&firstDay=2026-11-12&lastDay=2026-11-15',
    );
    expect(days.body).toMatchObject([
      { day: '2026-11-12', rate: '1500', rateDay: '2026-11-12' },
      { day: '2026-11-13', rate: '1454.54545454545455', rateDay: '2026-11-13' },
      { day: '2026-11-14', rateDay: '2026-11-13' },
      { day: '2026-11-15', rateDay: '2026-11-13', source: 'European Central Bank (across EUR)' },
    ]);
    const newest = await call('viewer', 'GET', '/api/prices/currency-rates');
    expect(newest.body).toContainEqual(expect.objectContaining({ from: 'EUR', to: 'GBP', rate: '0.88', days: 1 }));
  });

  test('a missing rate is named, with what to do', async () => {
    await call('finops', 'POST', '/api/prices/currency-rates/import', csv);
    const { status, body } = await call(
      'viewer',
      'GET',
      '/api/prices/currency-rates/convert?amount=1&from=GBP&to=KRW&day=2026-11-12',
    );
    expect([status, body.code, body.detail]).toEqual([
      422,
      'UNPROCESSABLE',
      'There is no rate from GBP to KRW on or before 2026-11-12.',
    ]);
  });

  test('a file that is none is refused', async () => {
    expect((await call('finops', 'POST', '/api/prices/currency-rates/import', 'a,b\n1,2')).status).toBe(422);
  });
});

test('every route names a permission', () => {
  const routes = declaredRoutes(ground.app).filter(({ url }) => url.startsWith('/api/prices'));
  expect(routes.length).toBeGreaterThanOrEqual(20);
  for (const { permission, method } of routes)
    expect(permission).toBe(method === 'GET' || permission === 'cost:read' ? 'cost:read' : 'prices:write');
});
