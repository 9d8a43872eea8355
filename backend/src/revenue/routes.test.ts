import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { testServer } from '../platform/http/http-fixture.ts';
import type { App } from '../platform/http/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Room } from '../platform/platform.ts';
import { createRevenueRoom, type Revenue } from './index.ts';

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

describe('revenue of the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'amadeus-revenue-'));
  const audited: { action: string; target: string }[] = [];
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const provisioned = (settings: object): Room & { revenue: Revenue } => {
    const config = { ...stand.platform.config, revenue: { lines: [], ...settings } };
    const audit = { record: async (event: { action: string; target: string }) => void audited.push(event) };
    return createRevenueRoom({ ...stand.platform, config, audit: audit as unknown as typeof stand.platform.audit });
  };
  const never = new AbortController().signal;
  const amounts = async () =>
    (
      await stand.stores.store.query<{ text: string }>(
        `SELECT customer || ' ' || to_char(period_from, 'MM') || ' ' || trim_scale(amount) AS text FROM revenue_line ORDER BY 1`,
      )
    ).map(({ text }) => text);
  const acme = { customer: 'acme', month: '2026-07', amount: '7', currency: 'USD' };
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is taken from lines and the files of a folder as one list, follows them, and is written once', async () => {
    write('a.csv', 'customer,month,amount,currency\nacme,2026-08,100,USD\n');
    write('b.CSV', 'customer,from,to,amount,currency\nglobex,2026-08-01,2026-08-31,8.5,EUR\n');
    write('notes.txt', 'nothing');
    await provisioned({ folder, lines: [acme] }).start!(never);
    const room = provisioned({ folder, lines: [acme] });
    await room.start!(never);
    expect(await amounts()).toEqual(['acme 07 7', 'acme 08 100', 'globex 08 8.5']);
    expect(audited.map(({ action, target }) => `${action} ${target}`)).toEqual([
      'revenue.imported revenue:2026-07-01/2026-07-31',
      'revenue.imported revenue:2026-08-01/2026-08-31',
    ]);
    write('a.csv', 'customer,month,amount,currency\nacme,2026-09,100.25,USD\n');
    await room.loops![0]!.run(never);
    expect(await amounts()).toEqual(['acme 07 7', 'acme 09 100.25', 'globex 08 8.5']);
  });

  test('is changed there alone, and what is generated does not go beside it', async () => {
    const answer = await send('application/json', JSON.stringify({ lines: [acme] }));
    expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
      409,
      'The revenue of 2026-07-01 to 2026-07-31 is kept in the configuration.',
    ]);
    const url = '/api/revenue?from=2026-07-01&to=2026-07-31';
    const headers = { authorization: 'Bearer finops' };
    expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(409);
    const { periods } = (await app.inject({ url: '/api/revenue', headers })).json<{ periods: object[] }>();
    expect(periods).toContainEqual(
      expect.objectContaining({ from: '2026-07-01', provisioned: true, importedBy: 'Configuration' }),
    );
    const samples = [
      { ...acme, amount: '9' },
      { ...acme, month: '2026-06', amount: '6' },
    ];
    await provisioned({}).revenue.keep(samples, caller(new Set()));
    expect(await amounts()).toEqual(['acme 06 6', 'acme 07 7', 'acme 09 100.25', 'globex 08 8.5']);
  });

  test('with a wrong file, or a period that people imported, keeps what stood, and says why', async () => {
    const room = provisioned({ folder, lines: [acme] });
    write('c.csv', 'customer,month,amount,currency\nacme,2026-09,1,USD\nacme,2026-05,one,USD\n');
    await room.start!(never);
    const problems = async () => {
      const { app: served } = await testServer(
        (server) => void server.register(async (scope) => room.routes?.(scope as typeof server)),
        {
          parts: {
            identity: {
              anonymous: caller(new Set(['cost:read'])),
              authenticate: async () => caller(new Set(['cost:read'])),
            },
          },
        },
      );
      const body = (await served.inject({ url: '/api/revenue' })).json<{ problems: string[] }>();
      await served.close();
      return body.problems;
    };
    expect(await problems()).toEqual([
      'c.csv, line 2 says the same customer, period and currency as a.csv, line 2',
      'c.csv, line 3 has an amount that is no plain decimal, e.g. 1200.50; leave out separators of thousands',
    ]);
    write('c.csv', 'customer,month,amount,currency\nacme,2026-06,1,USD\n');
    await room.loops![0]!.run(never);
    expect(await problems()).toEqual([
      expect.stringMatching(/^The revenue of 2026-06-01 to 2026-06-30 was imported by Ada/),
    ]);
    rmSync(join(folder, 'c.csv'));
    await room.loops![0]!.run(never);
    expect(await problems()).toEqual([]);
    expect(await amounts()).toEqual(['acme 06 6', 'acme 07 7', 'acme 09 100.25', 'globex 08 8.5']);
  });

  test.each([
    [{ lines: [{ ...acme, amount: '1,000' }] }, 'revenue.lines.0 has an amount that is no plain decimal'],
    [{ lines: [{ ...acme, month: '2026-06' }] }, 'was imported by Ada already'],
    [{ folder: '/nonexistent/revenue' }, 'revenue.folder: /nonexistent/revenue cannot be read'],
  ])('%j stops the start', async (settings, reason) => {
    await expect(provisioned(settings).start!(never)).rejects.toThrow(reason);
  });

  test('goes when the configuration names none', async () => {
    await provisioned({}).start!(never);
    expect(await amounts()).toEqual(['acme 06 6']);
  });
});
