import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../clock/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import type { Permission } from './contract.ts';
import { createIdentity, rolePermissions, type Caller, type Identity } from './index.ts';

let stores: TestStores;
let dataDir: string;
let clock: ManualClock;
let identity: Identity;
let admin: Caller;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

beforeAll(async () => {
  stores = await testStores();
  dataDir = mkdtempSync(join(tmpdir(), 'amadeus-keys-'));
});
afterAll(async () => {
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  await stores.store.query('TRUNCATE api_key');
  clock = new ManualClock('2026-11-01T00:00:00Z');
  identity = createIdentity({ config: { ...stores.config, dataDir }, clock, store: stores.store });
  admin = caller(rolePermissions.admin);
});

function caller(permissions: readonly Permission[], more: Partial<Caller> = {}): Caller {
  return {
    kind: 'person',
    id: 'user:1',
    name: 'Ada',
    roles: ['admin'],
    permissions: new Set(permissions),
    scope: { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
    ...more,
  };
}

async function issue(more: object = {}, maker: Caller = admin): ReturnType<Identity['apiKeys']['create']> {
  const expiresAt = new Date(clock.now().getTime() + 30 * dayMs);
  return await identity.apiKeys.create(maker, {
    name: 'ci',
    permissions: ['ingest:write', 'cost:read'],
    expiresAt,
    ...more,
  });
}

const use = (token: string): Promise<Caller> => identity.authenticate({ authorization: `Bearer ${token}` });

describe('an API key', () => {
  test('lets a program do what the key may, and no more', async () => {
    const { key, token } = await issue({ scope: { teams: ['search'] } });
    const program = await use(token);
    expect(program).toMatchObject({ kind: 'program', id: `key:${key.id}`, name: 'ci', roles: [] });
    expect([...program.permissions].sort()).toEqual(['cost:read', 'ingest:write']);
    expect(program.scope).toEqual({ tenant: 'default', regions: 'all', teams: ['search'], products: 'all' });
  });

  test('is kept as a hash only', async () => {
    const { token } = await issue();
    const secret = token.slice(16);
    const rows = await stores.store.query<{ text: string }>('SELECT api_key::text AS text FROM api_key');
    expect(rows[0]!.text).not.toContain(secret);
    expect(rows[0]!.text).not.toContain(Buffer.from(secret).toString('hex'));
  });

  test('is refused when its secret is wrong, its id unknown or its form another', async () => {
    const { key, token } = await issue();
    const wrong = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    for (const given of [wrong, `ak_aaaaaaaaaaaa_${token.slice(16)}`, key.id, `${token}x`, "ak_' OR 1=1 --", 'ak_']) {
      await expect(use(given)).rejects.toMatchObject({ code: 'TOKEN_INVALID', status: 401 });
    }
  });

  test('expires', async () => {
    const { token } = await issue();
    await clock.advance(30 * dayMs - 1);
    await expect(use(token)).resolves.toBeDefined();
    await clock.advance(1);
    await expect(use(token)).rejects.toThrow(/expired at 2026-12-01/);
  });

  test('is refused from the moment it is revoked, and can then be deleted', async () => {
    const { key, token } = await issue();
    await expect(identity.apiKeys.delete(admin, key.id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await identity.apiKeys.revoke(admin, key.id);
    await expect(use(token)).rejects.toThrow(/was revoked/);
    await expect(identity.apiKeys.revoke(admin, key.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(identity.apiKeys.rotate(admin, key.id, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await identity.apiKeys.delete(admin, key.id);
    expect(await identity.apiKeys.list(admin)).toEqual([]);
  });

  test('remembers its last use, once a minute', async () => {
    const { key, token } = await issue();
    const lastUse = async (): Promise<string | undefined> =>
      (await identity.apiKeys.get(admin, key.id)).lastUsedAt?.toISOString();
    expect(await lastUse()).toBeUndefined();
    await use(token);
    await clock.advance(59_000);
    await use(token);
    expect(await lastUse()).toBe('2026-11-01T00:00:00.000Z');
    await clock.advance(1_000);
    await use(token);
    expect(await lastUse()).toBe('2026-11-01T00:01:00.000Z');
  });
});

describe('rotation', () => {
  test('gives a new secret while the one before works on for the overlap', async () => {
    const { key, token } = await issue();
    await clock.advance(10 * dayMs);
    const rotated = await identity.apiKeys.rotate(admin, key.id, hourMs);
    expect(rotated.key.expiresAt.toISOString()).toBe('2026-12-11T00:00:00.000Z');
    await expect(use(token)).resolves.toMatchObject({ id: `key:${key.id}` });
    await expect(use(rotated.token)).resolves.toMatchObject({ id: `key:${key.id}` });
    await clock.advance(hourMs);
    await expect(use(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await expect(use(rotated.token)).resolves.toBeDefined();
  });

  test('twice within the overlap leaves the last two secrets', async () => {
    const first = await issue();
    const second = await identity.apiKeys.rotate(admin, first.key.id, dayMs);
    const third = await identity.apiKeys.rotate(admin, first.key.id, dayMs);
    await expect(use(first.token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await expect(use(second.token)).resolves.toBeDefined();
    await expect(use(third.token)).resolves.toBeDefined();
  });

  test('does not bring back the secret of a key that has expired', async () => {
    const { key, token } = await issue();
    await clock.advance(31 * dayMs);
    const rotated = await identity.apiKeys.rotate(admin, key.id, dayMs);
    await expect(use(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await expect(use(rotated.token)).resolves.toBeDefined();
  });

  test('revoking ends both secrets', async () => {
    const { key, token } = await issue();
    const rotated = await identity.apiKeys.rotate(admin, key.id, dayMs);
    await identity.apiKeys.revoke(admin, key.id);
    await expect(use(token)).rejects.toThrow();
    await expect(use(rotated.token)).rejects.toThrow();
  });
});

describe('the maker of a key', () => {
  test('cannot hand on more than they may do themselves', async () => {
    const finops = caller(rolePermissions.finops);
    await expect(issue({ permissions: ['audit:read'] }, finops)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(issue({ permissions: ['internal'] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { key } = await issue({ permissions: ['audit:read'] });
    await expect(identity.apiKeys.rotate(finops, key.id, 0)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(identity.apiKeys.update(finops, key.id, { permissions: ['keys:manage'] })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  test('cannot hand on a wider view than their own', async () => {
    const scope = { tenant: 'default', regions: ['kr'], teams: 'all' as const, products: 'all' as const };
    const { key } = await issue(
      { scope: { regions: ['kr', 'us'], teams: ['search'] } },
      caller(rolePermissions.admin, { scope }),
    );
    expect(key.scope).toMatchObject({ regions: ['kr'], teams: ['search'], products: 'all' });
  });

  test('cannot make one that lasts for ever or is over already', async () => {
    for (const days of [0, -1, 367]) {
      const expiresAt = new Date(clock.now().getTime() + days * dayMs);
      await expect(issue({ expiresAt })).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    }
  });

  test('does not see, rotate or end keys that see more than they do', async () => {
    const seoul = caller(rolePermissions.admin, { scope: { ...admin.scope, regions: ['seoul'] } });
    const [wide, own] = [await issue(), await issue({ scope: { regions: ['seoul'] } })];
    const { apiKeys } = identity;
    expect((await apiKeys.list(seoul)).map(({ id }) => id)).toEqual([own.key.id]);
    const { id } = wide.key;
    for (const act of [
      () => apiKeys.get(seoul, id),
      () => apiKeys.rotate(seoul, id, 0),
      () => apiKeys.update(seoul, id, { name: 'mine' }),
      () => apiKeys.revoke(seoul, id),
      () => apiKeys.delete(seoul, id),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await apiKeys.rotate(seoul, own.key.id, 0)).key.id).toBe(own.key.id);
  });

  test('stands behind what the key does, also through a key that the key made', async () => {
    const manager = await issue({ permissions: ['keys:manage', 'cost:read'] });
    const made = await issue({ permissions: ['cost:read'] }, await use(manager.token));
    const { apiKeys } = identity;
    expect(await apiKeys.makerOf('default', `key:${made.key.id}`)).toBe('user:1');
    expect(await apiKeys.makerOf('default', 'user:9')).toBe('user:9');
    await apiKeys.revoke(admin, manager.key.id);
    await apiKeys.delete(admin, manager.key.id);
    expect(await apiKeys.makerOf('default', `key:${made.key.id}`)).toBeUndefined();
  });

  test('sees and changes keys of their own tenant only', async () => {
    const { key } = await issue();
    const other = caller(rolePermissions.admin, { scope: { ...admin.scope, tenant: 'org-2' } });
    expect(await identity.apiKeys.list(other)).toEqual([]);
    await expect(identity.apiKeys.get(other, key.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(identity.apiKeys.revoke(other, key.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('a key of another organisation is refused', async () => {
  const { token } = await issue();
  const elsewhere = structuredClone(stores.config.identity);
  elsewhere.grafana.orgId = 2;
  const other = createIdentity({ config: { dataDir, identity: elsewhere }, clock, store: stores.store });
  await expect(other.authenticate({ authorization: `Bearer ${token}` })).rejects.toThrow(
    /belongs to default; this service serves org-2/,
  );
});
