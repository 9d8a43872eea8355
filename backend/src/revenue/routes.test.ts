import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { testServer } from '../platform/http/http-fixture.ts';
import type { App } from '../platform/http/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import { createRevenueRoom } from './index.ts';

let stand: CostStand;
let app: App;

const caller = (permissions: Caller['permissions']): Caller => ({
  ...{ kind: 'person', id: 'user:7', name: 'Ada', roles: [], scope: everything },
  permissions,
});

beforeAll(async () => {
  stand = await openCostStand('2026-11-01T00:00:00Z');
  const audit = { record: async () => undefined } as unknown as typeof stand.platform.audit;
  const room = createRevenueRoom({ ...stand.platform, audit });
  const identity = {
    anonymous: caller(new Set()),
    authenticate: async ({ authorization }: { authorization?: string | undefined }) =>
      caller(new Set(authorization === 'Bearer finops' ? ['cost:read', 'reports:write'] : ['cost:read'])),
  };
  ({ app } = await testServer(
    (server) => void server.register(async (scope) => room.routes?.(scope as typeof server)),
    {
      parts: { identity },
    },
  ));
});
afterAll(async () => {
  await app.close();
  await stand.close();
});

const send = (contentType: string, payload: string, as = 'finops') =>
  app.inject({
    method: 'POST',
    url: '/api/revenue',
    headers: { authorization: `Bearer ${as}`, 'content-type': contentType },
    payload,
  });
const csv = 'Customer,Currency,Amount,Month\nacme,USD,100,2026-10\n"globex, inc",EUR,5.5,2026-10\n';

describe('POST /api/revenue', () => {
  test('takes CSV as the body, as the file of a form, and JSON, with the same effect', async () => {
    expect((await send('text/csv', csv)).json()).toEqual({
      kept: 2,
      periods: ['2026-10-01 2026-10-31'],
      unchanged: false,
    });
    const form = `--x\r\nContent-Disposition: form-data; name="file"; filename="r.csv"\r\nContent-Type: text/csv\r\n\r\n${csv}\r\n--x--\r\n`;
    expect((await send('multipart/form-data; boundary=x', form)).json()).toMatchObject({ kept: 2, unchanged: true });
    const lines = [
      { customer: 'globex, inc', month: '2026-10', amount: '5.50', currency: 'EUR' },
      { customer: 'acme', from: '2026-10-01', to: '2026-10-31', amount: '100', currency: 'usd' },
    ];
    expect((await send('application/json', JSON.stringify({ lines }))).json()).toMatchObject({
      kept: 2,
      unchanged: true,
    });
    const list = await app.inject({ url: '/api/revenue', headers: { authorization: 'Bearer viewer' } });
    expect(list.json()).toMatchObject({
      periods: [{ from: '2026-10-01', to: '2026-10-31', totals: { USD: '100', EUR: '5.5' } }],
    });
  });

  test.each([
    ['text/csv', 'customer,amount\nacme,1\n', 'lacks currency'],
    ['text/csv', 'customer,month,amount,currency,note\nacme,2026-10,1,USD,x\n', 'unknown'],
    ['text/csv', 'customer,month,amount,currency\n', 'no line'],
    ['text/csv', 'customer,month,amount,currency\nacme,2026-10,1.5.2,USD\n', '1 of 1 lines are wrong'],
    ['application/json', '{"lines":[{"customer":"acme"}]}', 'lines'],
  ])('%s %j is refused: %s', async (type, body, reason) => {
    const answer = await send(type, body);
    expect([400, 422]).toContain(answer.statusCode);
    expect(answer.json<{ detail: string }>().detail).toContain(reason);
  });

  test('needs the right to write reports', async () => {
    expect((await send('text/csv', csv, 'viewer')).statusCode).toBe(403);
  });
});

test('a period is removed, once', async () => {
  const remove = () =>
    app.inject({
      method: 'DELETE',
      url: '/api/revenue?from=2026-10-01&to=2026-10-31',
      headers: { authorization: 'Bearer finops' },
    });
  expect((await remove()).statusCode).toBe(204);
  expect((await remove()).statusCode).toBe(404);
});
