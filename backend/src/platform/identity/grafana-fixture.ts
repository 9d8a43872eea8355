import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

/** A Grafana that signs identity tokens with real ES256 keys and serves them at its JWKS address. */
export interface FixtureGrafana {
  url: string;
  /** Signs claims over the usual ones of an identity token of organisation 1, user 7, Viewer, valid for ten minutes. */
  sign(claims?: JWTPayload, options?: { key?: CryptoKey; kid?: string; expiresAt?: Date }): Promise<string>;
  /** A token in compact form whose header and signature are made up. */
  unsigned(header: object, claims: object, signature?: (input: string) => string): string;
  publicPem: string;
  /** Fetches of the key set so far. */
  fetches(): number;
  /** Answers 500 from now on, or works again. */
  fail(failing: boolean): void;
  /** Signs with a new key from now on, under a new kid. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

export async function startFixtureGrafana(now: () => Date): Promise<FixtureGrafana> {
  let pair = await generateKeyPair('ES256', { extractable: true });
  let kid = 'key-1';
  let failing = false;
  let fetches = 0;
  const server = createServer((request, response) => {
    fetches += 1;
    if (failing || request.url !== '/api/signing-keys/keys') {
      response.writeHead(failing ? 500 : 404).end();
      return;
    }
    void exportJWK(pair.publicKey).then((jwk) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: [{ ...jwk, kid, use: 'sig', alg: 'ES256' }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const usual = (): JWTPayload => ({
    iss: `${url}/`,
    aud: 'org:1',
    sub: 'user:7',
    identifier: 'u-seven',
    type: 'user',
    namespace: 'default',
    name: 'Mina Park',
    username: 'mina',
    email: 'mina@example.com',
    role: 'Viewer',
  });
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    url,
    publicPem: await exportSPKI(pair.publicKey),
    sign: async (claims = {}, options = {}) => {
      const expiresAt = options.expiresAt ?? new Date(now().getTime() + 600_000);
      return await new SignJWT({ ...usual(), ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'jwt', kid: options.kid ?? kid })
        .setIssuedAt(now())
        .setExpirationTime(expiresAt)
        .sign(options.key ?? pair.privateKey);
    },
    unsigned: (header, claims, signature = () => '') => {
      const exp = Math.floor(now().getTime() / 1000) + 600;
      const input = `${encode(header)}.${encode({ ...usual(), exp, ...claims })}`;
      return `${input}.${signature(input)}`;
    },
    fetches: () => fetches,
    fail: (value) => void (failing = value),
    rotate: async () => {
      pair = await generateKeyPair('ES256', { extractable: true });
      kid = 'key-2';
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
