import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { StoragePipelineOptions } from '@azure/storage-blob';
import { ManualClock } from '../../platform/clock/index.ts';
import { createOutgoing, type OutgoingClient } from '../../platform/outgoing/index.ts';
import { createSilentTelemetry } from '../../platform/telemetry/index.ts';
import { openAzureStore } from './azure-store-client.ts';
import { azureIdentity } from './azure-token-client.ts';
import { azureLoopback } from './fixtures/azure-loopback.ts';
import { textOf } from './fixtures/source-context.ts';

const scope = 'https://storage.azure.com/.default';
const clock = new ManualClock('2026-10-02T04:00:00Z');
const { signal } = new AbortController();
const asked: { method: string; url: URL; headers: Record<string, unknown>; form: Record<string, string> }[] = [];
let answer: { status: number; body: object } = { status: 200, body: {} };
let server: Server;
let outgoing: OutgoingClient;
let [url, folder] = ['', ''];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amadeus-azure-'));
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(text));
      asked.push({
        ...{ method: request.method ?? '', url: new URL(request.url ?? '', 'http://x') },
        ...{ headers: request.headers, form },
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry: createSilentTelemetry() });
});
afterAll(async () => {
  await outgoing.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked.length = 0;
  answer = { status: 200, body: { access_token: 'the-token', expires_in: '3600' } };
});

const tokens = (environment: Record<string, string>) => azureIdentity(environment, { outgoing, clock, signal });
const anHourLater = clock.now().getTime() + 3_600_000;

describe('the identity of the service', () => {
  test('is a principal with a secret, where the environment names one', async () => {
    const environment = {
      ...{ AZURE_AUTHORITY_HOST: `${url}/`, AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' },
      ...{ AZURE_CLIENT_SECRET: 'geheim&=', IDENTITY_ENDPOINT: `${url}/msi`, IDENTITY_HEADER: 'h' },
    };
    expect(await tokens(environment).getToken(scope)).toEqual({ token: 'the-token', expiresOnTimestamp: anHourLater });
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: { pathname: '/tenant-1/oauth2/v2.0/token' },
        form: { grant_type: 'client_credentials', client_id: 'client-1', client_secret: 'geheim&=', scope },
      },
    ]);
  });

  test('is a workload of a cluster by the token that lies in a file, as it is now', async () => {
    const file = join(folder, 'token');
    const environment = {
      ...{ AZURE_AUTHORITY_HOST: url, AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' },
      AZURE_FEDERATED_TOKEN_FILE: file,
    };
    const identity = tokens(environment);
    await expect(identity.getToken(scope)).rejects.toMatchObject({ help: expect.stringMatching(/service account/) });
    await writeFile(file, 'signed-1\n');
    await identity.getToken([scope]);
    await writeFile(file, 'signed-2');
    await identity.getToken([scope]);
    expect(asked.map(({ form }) => form['client_assertion'])).toEqual(['signed-1', 'signed-2']);
    expect(asked[0]?.form['client_assertion_type']).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  });

  test('is that of App Service', async () => {
    answer.body = { access_token: 'the-token', expires_on: String(anHourLater / 1000) };
    const environment = { IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: 'secret-header' };
    expect(await tokens(environment).getToken(scope)).toEqual({ token: 'the-token', expiresOnTimestamp: anHourLater });
    expect(asked[0]?.headers['x-identity-header']).toBe('secret-header');
    expect(asked[0]?.url.search).toBe('?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com');
  });

  test('is that of the machine, of several the named one', async () => {
    await tokens({ AZURE_POD_IDENTITY_AUTHORITY_HOST: url, AZURE_CLIENT_ID: 'client-2' }).getToken(scope);
    expect(asked[0]?.headers['metadata']).toBe('true');
    expect(asked[0]?.url.pathname).toBe('/metadata/identity/oauth2/token');
    expect(asked[0]?.url.searchParams.get('client_id')).toBe('client-2');
  });

  test('is asked of the machine only where the configuration lists its address', async () => {
    await expect(tokens({}).getToken(scope)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      help: expect.stringMatching(/List 169\.254\.169\.254 under outgoing\.allow/),
    });
  });

  test('that is refused is told without the words of the answer', async () => {
    answer = { status: 400, body: { error: 'invalid_client', error_description: 'the secret geheim is wrong' } };
    const environment = {
      ...{ AZURE_AUTHORITY_HOST: url, AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 'geheim' },
    };
    const refusal = await tokens(environment)
      .getToken(scope)
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ message: 'Microsoft Entra ID gave no token: it answered 400 (invalid_client).' });
    expect(JSON.stringify(refusal)).not.toContain('geheim');
  });
});

describe('a container without a secret in its settings', () => {
  const store = azureLoopback();
  let storeUrl = '';
  beforeAll(async () => {
    storeUrl = await store.start();
    store.put('focus/2026-09.csv', 'september');
  });
  afterAll(() => store.stop());
  const settings = { type: 'azure-blob', container: 'bills', account: 'devaccount' } as const;
  const access = () => ({
    secret: () => '',
    identity: tokens({ AZURE_POD_IDENTITY_AUTHORITY_HOST: url }),
  });

  /** Azure's host is played by the one on the loopback interface. */
  const more: StoragePipelineOptions = {
    httpClient: {
      sendRequest: async (request) => {
        const { pathname, search } = new URL(request.url);
        const headers = request.headers.toJson();
        const played = await fetch(`${storeUrl}/devaccount${pathname}${search}`, { headers });
        const answered = Buffer.from(await played.arrayBuffer());
        const isBlob = !search.includes('comp=list');
        const kept = request.headers.clone();
        for (const name of Object.keys(kept.toJson())) kept.remove(name);
        played.headers.forEach((value, name) => void kept.set(name, value));
        return {
          ...{ request, status: played.status, headers: kept },
          ...(isBlob ? { readableStreamBody: Readable.from([answered]) } : { bodyAsText: answered.toString() }),
        };
      },
    },
  };

  test('is read with the identity of the service, by one token as long as it is good', async () => {
    answer.body = { access_token: 'the-token', expires_on: String(Date.now() / 1000 + 3_600) };
    const opened = await openAzureStore(settings, access(), more);
    const found = [];
    for await (const object of opened.list('focus/', signal)) found.push(object);
    expect(found.map(({ key, bytes }) => [key, bytes])).toEqual([['focus/2026-09.csv', 9]]);
    expect(await textOf(await opened.read('focus/2026-09.csv', found[0]!.version, signal))).toBe('september');
    expect(store.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer the-token',
      'Bearer the-token',
    ]);
    expect(asked).toHaveLength(1);
  });

  test.each([
    'https://blob.example.org',
    'http://devaccount.blob.core.windows.net',
    'https://x.blob.core.windows.net.example.org',
  ])('shows it to no other host: %s', async (endpoint) => {
    const opening = openAzureStore({ ...settings, endpoint }, access(), more);
    await expect(opening).rejects.toMatchObject({ help: expect.stringMatching(/Azure’s own hosts only/) });
    expect(asked).toEqual([]);
  });

  test('is read without credentials where the settings call it public', async () => {
    store.requests.length = 0;
    const endpoint = `${storeUrl}/devaccount`;
    const opened = await openAzureStore({ ...settings, endpoint, anonymous: true }, access());
    for await (const { key } of opened.list('focus/', signal)) expect(key).toBe('focus/2026-09.csv');
    expect(store.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
