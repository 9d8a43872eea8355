import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { ManualClock } from '../clock/index.ts';
import { loadConfig, type Config } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import { startFixtureGrafana, type FixtureGrafana } from './grafana-fixture.ts';
import { createIdentity, type Identity } from './index.ts';

const serviceToken = 'service-token-of-the-app';
const datasourceToken = 'token-of-the-data-source';
const internalToken = 'token-between-the-nodes';

let grafana: FixtureGrafana;
let clock: ManualClock;
let identity: Identity;
let dataDir: string;
const noStore = {} as Store;

/** jose keeps fetched keys by the wall clock: the manual one starts there. */
const start = Date.now();

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'amadeus-identity-'));
});
beforeEach(async () => {
  clock = new ManualClock(start);
  await grafana?.close();
  grafana = await startFixtureGrafana(() => clock.now());
  identity = identityWith({});
});
afterAll(async () => {
  await grafana.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function identityWith(more: Partial<Config['identity']>): Identity {
  const config = loadConfig({ environment: {} });
  const settings = {
    ...config.identity,
    serviceToken,
    datasourceToken,
    internalToken,
    grafana: { url: grafana.url, orgId: 1 },
    ...more,
  };
  return createIdentity({ config: { dataDir, identity: settings }, clock, store: noStore });
}

const app = (id?: string, context?: object): Record<string, string> => ({
  authorization: `Bearer ${serviceToken}`,
  ...(id === undefined ? {} : { 'x-grafana-id': id }),
  ...(context ? { 'x-grafana-context': JSON.stringify(context) } : {}),
});
const dataSource = (id?: string, more: Record<string, string> = {}): Record<string, string> => ({
  authorization: `Bearer ${datasourceToken}`,
  ...(id === undefined ? {} : { 'x-grafana-id': id }),
  ...more,
});

describe('a person in Grafana', () => {
  test('is known by a verified token, with the role that stands in it', async () => {
    const caller = await identity.authenticate(app(await grafana.sign()));
    expect(caller).toMatchObject({ kind: 'person', id: 'user:7', name: 'Mina Park', roles: ['viewer'] });
    expect(caller.scope).toEqual({ tenant: 'default', regions: 'all', teams: 'all', products: 'all' });
    expect([...caller.permissions].sort()).toEqual(['changes:read', 'cost:read', 'sources:read', 'traffic:read']);
  });

  test.each([
    ['Editor', ['finops', 'product', 'platform']],
    ['Admin', ['admin']],
    ['None', [] as string[]],
    ['Emperor', [] as string[]],
  ])('of role %s has the roles of the configuration', async (role, roles) => {
    expect((await identity.authenticate(app(await grafana.sign({ role })))).roles).toEqual(roles);
  });

  test('keeps the role of the token, whatever the context says', async () => {
    const context = { UserID: 7, UserUID: 'u-seven', OrgRole: 'Admin', IsGrafanaAdmin: true, Teams: [] };
    expect((await identity.authenticate(app(await grafana.sign(), context))).roles).toEqual(['viewer']);
  });

  test('gets the roles of their teams, if the context speaks of them', async () => {
    identity = identityWith({
      roles: { ...loadConfig({ environment: {} }).identity.roles, teams: { '3': ['finops'] } },
    });
    const token = await grafana.sign();
    const rolesWith = async (context: object): Promise<readonly string[]> =>
      (await identity.authenticate(app(token, context))).roles;
    expect(await rolesWith({ UserID: 7, Teams: [3, 4] })).toEqual(['viewer', 'finops']);
    expect(await rolesWith({ UserUID: 'u-seven', Teams: ['3'] })).toEqual(['viewer', 'finops']);
    expect(await rolesWith({ UserID: 8, Teams: [3] })).toEqual(['viewer']);
    expect(await rolesWith({ UserID: 7, Teams: ['toString', '__proto__'] })).toEqual(['viewer']);
  });

  test('who is anonymous in Grafana is a viewer at most', async () => {
    const token = await grafana.sign({ sub: 'anonymous:0', role: 'Admin' });
    expect((await identity.authenticate(app(token))).roles).toEqual(['viewer']);
  });

  test('of a second organisation is a tenant of their own', async () => {
    identity = identityWith({ grafana: { url: grafana.url, orgId: 4 } });
    const caller = await identity.authenticate(app(await grafana.sign({ aud: 'org:4' })));
    expect(caller.scope.tenant).toBe('org-4');
  });
});

describe('an identity token is refused', () => {
  const refused = async (id: string, detail: RegExp): Promise<void> => {
    await expect(identity.authenticate(app(id))).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      message: expect.stringMatching(detail),
    });
  };

  test('when it has expired, beyond what clocks may differ', async () => {
    const token = await grafana.sign({}, { expiresAt: new Date(start + 60_000) });
    await clock.advance(85_000);
    await expect(identity.authenticate(app(token))).resolves.toMatchObject({ id: 'user:7' });
    await clock.advance(10_000);
    await refused(token, /it expired at .*load the page again/);
  });

  test('when another key signed it under the name of the right one', async () => {
    const forger = await generateKeyPair('ES256');
    await refused(await grafana.sign({ role: 'Admin' }, { key: forger.privateKey }), /not by the key it names/);
  });

  test('when its key is unknown', async () => {
    await refused(await grafana.sign({}, { kid: 'somewhere-else' }), /a key that the issuer does not have/);
  });

  test('when nobody signed it (alg none)', async () => {
    await refused(grafana.unsigned({ alg: 'none' }, { role: 'Admin' }), /was refused/);
    await refused(grafana.unsigned({ alg: 'none', kid: 'key-1' }, { role: 'Admin' }), /was refused/);
  });

  test('when the public key served as a shared secret (HS256)', async () => {
    const forged = grafana.unsigned({ alg: 'HS256', kid: 'key-1' }, { role: 'Admin' }, (input) =>
      createHmac('sha256', grafana.publicPem).update(input).digest('base64url'),
    );
    await refused(forged, /algorithm that is not accepted/);
  });

  test('when its payload was changed after signing', async () => {
    const [header, , signature] = (await grafana.sign()).split('.');
    const payload = grafana.unsigned({}, { role: 'Admin' }).split('.')[1];
    await refused(`${header}.${payload}.${signature}`, /not by the key it names/);
  });

  test('when it is of a foreign organisation', async () => {
    await refused(await grafana.sign({ aud: 'org:2' }), /it is for "org:2", this service serves org:1/);
  });

  test('when its issuer is another Grafana', async () => {
    await refused(await grafana.sign({ iss: 'https://elsewhere.example/' }), /its issuer is "https:\/\/elsewhere/);
  });

  test('when it is for something that is no caller', async () => {
    await refused(await grafana.sign({ sub: 'access-policy:1' }), /nobody who may call/);
  });

  test.each(['nonsense', 'a.b.c', '....', 'eyJhbGciOiJFUzI1NiJ9.e30.', 'ü'])('when it is no token: %s', async (id) => {
    await refused(id, /was refused/);
  });

  test('when no Grafana is configured, saying which setting is missing', async () => {
    identity = identityWith({ grafana: { orgId: 1 } });
    await expect(identity.authenticate(app(await grafana.sign()))).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      help: expect.stringContaining('identity.grafana.url'),
    });
  });
});

describe('the keys of Grafana', () => {
  test('are fetched once for many callers', async () => {
    const token = await grafana.sign();
    await Promise.all(Array.from({ length: 20 }, () => identity.authenticate(app(token))));
    expect(grafana.fetches()).toBe(1);
  });

  test('are not fetched again for every unknown key', async () => {
    await identity.authenticate(app(await grafana.sign()));
    for (let i = 0; i < 10; i += 1) {
      await expect(identity.authenticate(app(await grafana.sign({}, { kid: `k${i}` })))).rejects.toThrow();
    }
    expect(grafana.fetches()).toBe(1);
  });

  test('that cannot be fetched are an error that names Grafana, and it recovers', async () => {
    grafana.fail(true);
    const token = await grafana.sign();
    const failed = { code: 'UPSTREAM_FAILED', message: expect.stringContaining(grafana.url) };
    await expect(identity.authenticate(app(token))).rejects.toMatchObject(failed);
    await expect(identity.authenticate(app(token))).rejects.toMatchObject(failed);
    expect(grafana.fetches()).toBe(1);
    grafana.fail(false);
    await clock.advance(6_000);
    await expect(identity.authenticate(app(token))).resolves.toMatchObject({ id: 'user:7' });
  });
});

describe('tokens of the system', () => {
  test('the app alone may do nothing', async () => {
    for (const headers of [app(), app('')]) {
      const caller = await identity.authenticate(headers);
      expect(caller).toMatchObject({ kind: 'service', id: 'service:grafana-app', roles: [] });
      expect(caller.permissions.size).toBe(0);
    }
  });

  test('the data source reads and nothing more, whatever role its headers claim', async () => {
    const claims = { 'x-grafana-role': 'Admin', 'x-grafana-context': '{"OrgRole":"Admin","UserID":1}' };
    const caller = await identity.authenticate(dataSource('', claims));
    expect(caller).toMatchObject({ kind: 'service', id: 'service:datasource', roles: [] });
    expect([...caller.permissions].sort()).toEqual(['changes:read', 'cost:read', 'sources:read', 'traffic:read']);
  });

  test('the data source reads no more for an administrator than for itself', async () => {
    const caller = await identity.authenticate(dataSource(await grafana.sign({ role: 'Admin' })));
    expect(caller.id).toBe('service:datasource/user:7');
    expect(caller.permissions.has('keys:manage')).toBe(false);
    expect(caller.permissions.size).toBe(4);
  });

  test('a person narrows what the data source sees', async () => {
    identity = identityWith({
      scopes: [{ regions: ['kr', 'us'] }, { role: 'viewer', regions: ['kr'], products: ['shop'] }],
    });
    const person = await identity.authenticate(dataSource(await grafana.sign()));
    expect(person.scope).toMatchObject({ regions: ['kr'], products: ['shop'] });
    const nobody = await identity.authenticate(dataSource());
    expect(nobody.scope).toMatchObject({ regions: ['kr', 'us'], products: 'all' });
    const none = await identity.authenticate(dataSource(await grafana.sign({ role: 'None' })));
    expect(none.permissions.size).toBe(0);
  });

  test('the data source does not get more by a token that is forged', async () => {
    const forger = await generateKeyPair('ES256');
    const forged = await grafana.sign({}, { key: forger.privateKey });
    await expect(identity.authenticate(dataSource(forged))).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  test('a node has its one duty', async () => {
    const caller = await identity.authenticate({ authorization: `Bearer ${internalToken}` });
    expect(caller.kind).toBe('node');
    expect([...caller.permissions]).toEqual(['internal']);
  });

  test('without a token nobody calls; with an unknown or malformed one the call is refused', async () => {
    expect(await identity.authenticate({})).toBe(identity.anonymous);
    expect(identity.anonymous).toMatchObject({ kind: 'anonymous', roles: [] });
    for (const authorization of ['Bearer nonsense', 'Basic dTpw', 'Bearer', `Bearer ${serviceToken}x`, serviceToken]) {
      await expect(identity.authenticate({ authorization })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
  });

  test('an identity token alone is no proof', async () => {
    expect(await identity.authenticate({ 'x-grafana-id': await grafana.sign() })).toBe(identity.anonymous);
  });
});
