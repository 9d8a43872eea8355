import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { ManualClock } from '../clock/index.ts';
import { loadConfig } from '../config/index.ts';
import type { Store } from '../store/index.ts';
import { createIdentity, type Caller } from './index.ts';

let server: Server;
let issuer: string;
let dataDir: string;
let pair: { publicKey: CryptoKey; privateKey: CryptoKey };
const clock = new ManualClock(Date.now());

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'amadeus-oidc-'));
  pair = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'rsa-1', alg: 'RS256', use: 'sig' };
  server = createServer((request, response) => {
    const pages: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/certs` },
      '/certs': { keys: [jwk] },
    };
    const page = pages[request.url ?? ''];
    response.writeHead(page ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(page ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(dataDir, { recursive: true, force: true });
});

async function call(claims: JWTPayload, options: { groupsClaim?: string; issuerUrl?: string } = {}): Promise<Caller> {
  const config = loadConfig({ environment: {} });
  const identity = createIdentity({
    config: {
      dataDir,
      identity: {
        ...config.identity,
        oidc: {
          issuer: options.issuerUrl ?? issuer,
          audience: 'amadeus',
          groupsClaim: options.groupsClaim ?? 'groups',
        },
        roles: { ...config.identity.roles, groups: { finance: ['finops'], sre: ['platform'] } },
      },
    },
    clock,
    store: {} as Store,
  });
  const token = await new SignJWT({ iss: issuer, aud: 'amadeus', sub: 'job-7', name: 'Nightly', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'rsa-1' })
    .setExpirationTime(new Date(clock.now().getTime() + 300_000))
    .sign(pair.privateKey);
  return await identity.authenticate({ authorization: `Bearer ${token}` });
}

describe('an OIDC token', () => {
  test('gives the roles of its groups, by keys found through discovery', async () => {
    expect(await call({ groups: ['finance', 'others', 'constructor'] })).toMatchObject({
      kind: 'program',
      id: 'oidc:job-7',
      name: 'Nightly',
      roles: ['finops'],
    });
  });

  test('may hold its groups deeper down', async () => {
    expect((await call({ realm: { roles: ['sre'] } }, { groupsClaim: 'realm.roles' })).roles).toEqual(['platform']);
  });

  test('without a known group may do nothing', async () => {
    for (const groups of [[], undefined, 'finance', { finance: true }]) {
      expect((await call({ groups })).permissions.size).toBe(0);
    }
  });

  test('for another audience is refused', async () => {
    await expect(call({ aud: 'someone-else' })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  test('of an issuer that cannot be asked is an error of that issuer', async () => {
    await expect(call({}, { issuerUrl: `${issuer}/nothing-here` })).rejects.toMatchObject({ code: 'UPSTREAM_FAILED' });
  });
});
