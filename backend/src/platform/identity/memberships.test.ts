import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../clock/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import { startFixtureGrafana, type FixtureGrafana } from './grafana-fixture.ts';
import { createIdentity, type Caller, type Identity } from './index.ts';

const serviceToken = 'service-token-of-the-app';
const datasourceToken = 'token-of-the-data-source';

let stores: TestStores;
let grafana: FixtureGrafana;
let dataDir: string;
let clock: ManualClock;
let identity: Identity;

beforeAll(async () => {
  stores = await testStores();
  dataDir = mkdtempSync(join(tmpdir(), 'amadeus-membership-'));
  clock = new ManualClock(Date.now());
  grafana = await startFixtureGrafana(() => clock.now());
});
afterAll(async () => {
  await grafana.close();
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  await stores.store.query('TRUNCATE grafana_membership');
  identity = replica();
});

/** One replica of the service, with a memory of its own. */
function replica(): Identity {
  const settings = {
    ...stores.config.identity,
    serviceToken,
    datasourceToken,
    grafana: { url: grafana.url, orgId: 1 },
    scopes: [
      { role: 'viewer' as const, regions: ['kr'] },
      { team: '3', teams: ['search'] },
      { team: '4', teams: ['ads'] },
      { team: '9', teams: ['secret'] },
    ],
  };
  return createIdentity({ config: { dataDir, identity: settings }, clock, store: stores.store });
}

async function inApp(teams: readonly number[] | null, on = identity): Promise<Caller> {
  return await on.authenticate({
    authorization: `Bearer ${serviceToken}`,
    'x-grafana-id': await grafana.sign(),
    'x-grafana-context': JSON.stringify({ UserID: 7, Teams: teams }),
  });
}

async function onDashboard(on = identity, more: Record<string, string> = {}): Promise<Caller> {
  const id = await grafana.sign();
  return await on.authenticate({ authorization: `Bearer ${datasourceToken}`, 'x-grafana-id': id, ...more });
}

describe('rules for teams', () => {
  test('hold in the app', async () => {
    const { scope } = await inApp([3, 4]);
    expect(scope).toEqual({ tenant: 'default', regions: ['kr'], teams: ['search', 'ads'], products: 'all' });
    expect((await inApp(null)).scope.teams).toBe('all');
  });

  test('hold on dashboards too, in every replica', async () => {
    await inApp([3]);
    expect((await onDashboard()).scope.teams).toEqual(['search']);
    expect((await onDashboard(replica())).scope.teams).toEqual(['search']);
  });

  test('follow a person who changes teams, elsewhere after half a minute', async () => {
    const other = replica();
    await inApp([3]);
    await onDashboard(other);
    await inApp([4]);
    expect((await onDashboard()).scope.teams).toEqual(['ads']);
    await clock.advance(30_000);
    expect((await onDashboard(other)).scope.teams).toEqual(['ads']);
  });

  test('show nothing to a person whose teams are not known, and say what to do', async () => {
    await expect(onDashboard()).rejects.toMatchObject({
      code: 'FORBIDDEN',
      help: expect.stringContaining('Open the Amadeus app'),
    });
  });

  test('do not believe teams that somebody else names', async () => {
    await inApp([3]);
    const forged = JSON.stringify({ UserID: 7, Teams: [9] });
    expect((await onDashboard(identity, { 'x-grafana-context': forged })).scope.teams).toEqual(['search']);
  });

  test('leave the data source as it is where nobody sits behind it', async () => {
    const caller = await identity.authenticate({ authorization: `Bearer ${datasourceToken}` });
    expect(caller.scope).toMatchObject({ teams: 'all', regions: 'all' });
  });
});
