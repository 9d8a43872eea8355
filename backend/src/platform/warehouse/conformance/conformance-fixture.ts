import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { testStores } from '../../testing/index.ts';
import type { Warehouse } from '../index.ts';

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** True where the connection was cut before the body's end. */
  cut: boolean;
}

export interface Server {
  /** The unmodified client, as any program would make it. */
  client: ClickHouseClient;
  endpoint: Warehouse['endpoint'];
  database: string;
  /** A further client with other options. */
  connect(options: Parameters<typeof createClient>[0]): ClickHouseClient;
  /** A request without any client's help. */
  send(fields: Record<string, string>, body?: string | Buffer, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * The server under test with a database of the file's own: the embedded engine, or the real ClickHouse at
 * AMADEUS_TEST_CLICKHOUSE_URL.
 */
export async function openServer(): Promise<Server> {
  const stores = await testStores({ migrated: false });
  const { endpoint, database } = stores.warehouse;
  const clients: ClickHouseClient[] = [];
  const connect: Server['connect'] = (options) => {
    const { url, username, password } = endpoint;
    const client = createClient({ url, username, password, database, ...options, log: { level: 127 } });
    clients.push(client);
    return client;
  };
  return {
    client: connect({}),
    endpoint,
    database,
    connect,
    send: (fields, body, headers) => send(endpoint, { database, ...fields }, body, headers),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await stores.close();
    },
  };
}

function send(
  endpoint: Warehouse['endpoint'],
  fields: Record<string, string>,
  body: string | Buffer = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const authorization = `Basic ${Buffer.from(`${endpoint.username}:${endpoint.password}`).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const url = `${endpoint.url}/?${new URLSearchParams(fields).toString()}`;
    const request = httpRequest(url, { method: 'POST', headers: { authorization, ...headers } }, (response) => {
      const parts: Buffer[] = [];
      const answer = (cut: boolean) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts), cut });
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => answer(!response.complete));
      response.on('error', () => answer(true));
    });
    request.on('error', reject);
    request.end(body);
  });
}
