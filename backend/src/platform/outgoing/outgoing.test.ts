import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { ManualClock } from '../clock/index.ts';
import { createSilentTelemetry, type Telemetry } from '../telemetry/index.ts';
import { createOutgoing, type OutgoingOptions } from './index.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen<S extends Server>(server: S): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A server that answers by `handler` and keeps the requests it saw. */
async function server(handler: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  const seen: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(request);
    request.resume();
    handler(request, response, seen.length);
  };
  const http = createServer(listener);
  const port = await listen(http);
  closing.push(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { url: `http://127.0.0.1:${port}`, port, seen };
}

function outgoing(options: Partial<OutgoingOptions> = {}) {
  const telemetry: Telemetry = options.telemetry ?? createSilentTelemetry();
  const client = createOutgoing({ allow: ['127.0.0.1'], random: () => 0, ...options, telemetry });
  closing.push(() => client.close());
  return {
    request: client.request.bind(client),
    resolve: client.resolve.bind(client),
    telemetry,
  };
}

const metric = async (telemetry: Telemetry, name: string) => {
  const values = (await telemetry.metrics.getSingleMetric(name)!.get()).values;
  return values.map(({ labels, value }) => [labels.outcome, value]);
};

describe('an answer', () => {
  test('comes back with status, headers and body, whatever the status', async () => {
    const { url } = await server((_request, response) => response.writeHead(404, { 'x-a': '1' }).end('not here'));
    const answer = await outgoing().request(`${url}/x`);
    expect([answer.status, answer.headers['x-a'], answer.body.toString()]).toEqual([404, '1', 'not here']);
  });

  test('the call carries the trace of its caller as a child span', async () => {
    const { url, seen } = await server((_request, response) => response.end('ok'));
    const { request, telemetry } = outgoing();
    const trace = 'a'.repeat(32);
    await telemetry.span('job', {}, () => request(url), { parent: `00-${trace}-${'b'.repeat(16)}-01` });
    expect(seen[0]!.headers.traceparent).toMatch(new RegExp(`^00-${trace}-(?!b{16})[0-9a-f]{16}-01$`));
  });

  test('user and password of the address become a header', async () => {
    const { port, seen } = await server((_request, response) => response.end());
    await outgoing().request(`http://reader:p%40ss@127.0.0.1:${port}/`);
    expect(seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('reader:p@ss').toString('base64')}`);
  });
});

describe('repeating', () => {
  test('a GET is repeated after 503 and after a broken connection', async () => {
    const { url, seen } = await server((request, response, count) => {
      if (count === 1) response.writeHead(503).end();
      else if (count === 2) request.socket.destroy();
      else response.end('at last');
    });
    const answer = await outgoing().request(url);
    expect([answer.body.toString(), seen.length, answer.attempts]).toEqual(['at last', 3, 3]);
  });

  test('the last status is returned when every try failed', async () => {
    const { url, seen } = await server((_request, response) => response.writeHead(500).end('broken'));
    const answer = await outgoing().request(url);
    expect([answer.status, seen.length]).toEqual([500, 3]);
  });

  test('a POST is sent once unless the caller says that it is safe', async () => {
    const { url, seen } = await server((_request, response) => response.writeHead(503).end());
    const { request } = outgoing();
    await request(url, { method: 'POST', body: '{}' });
    expect(seen.length).toBe(1);
    await request(url, { method: 'POST', body: '{}', attempts: 2 });
    expect(seen.length).toBe(3);
  });

  test('a client error is not repeated', async () => {
    const { url, seen } = await server((_request, response) => response.writeHead(400).end());
    await outgoing().request(url);
    expect(seen.length).toBe(1);
  });

  test('Retry-After is waited for', async () => {
    const { url, seen } = await server((_request, response, count) =>
      count === 1 ? response.writeHead(429, { 'retry-after': '7' }).end() : response.end('ok'),
    );
    const clock = new ManualClock();
    const slept: number[] = [];
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      slept.push(ms);
      const done = sleep(ms, signal);
      await clock.advance(ms);
      return done;
    };
    const answer = await outgoing({ clock }).request(url);
    expect([answer.status, seen.length, slept]).toEqual([200, 2, [7000]]);
  });

  test('a Retry-After beyond the time of the call is not waited for', async () => {
    const { url, seen } = await server((_request, response) =>
      response.writeHead(429, { 'retry-after': '3600' }).end(),
    );
    const answer = await outgoing().request(url, { timeoutMs: 5_000 });
    expect([answer.status, seen.length]).toEqual([429, 1]);
  });
});

describe('bounds', () => {
  test('a server that hangs ends in UPSTREAM_TIMEOUT', async () => {
    const { url } = await server(() => {});
    const { request, telemetry } = outgoing();
    await expect(request(url, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', status: 504 });
    expect(await metric(telemetry, 'amadeus_outgoing_requests_total')).toEqual([['upstream_timeout', 1]]);
  });

  test('a body that stalls half-way ends in UPSTREAM_TIMEOUT', async () => {
    const { url } = await server((_request, response) => void response.write('half'));
    await expect(outgoing().request(url, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  });

  test('a stream that is cut ends in UPSTREAM_FAILED', async () => {
    const { url } = await server((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    });
    await expect(outgoing().request(url, { attempts: 1 })).rejects.toMatchObject({ code: 'UPSTREAM_FAILED' });
  });

  test('an answer that is declared or becomes too large is given up, once', async () => {
    const { url, seen } = await server((request, response) => {
      if (request.url === '/declared') response.writeHead(200, { 'content-length': '5000' });
      const send = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1000)));
        if (!response.destroyed) response.once('drain', send);
      };
      send();
    });
    const { request } = outgoing();
    for (const path of ['/declared', '/endless']) {
      await expect(request(`${url}${path}`, { maxBytes: 4000 })).rejects.toThrow(/larger than 4000 bytes/);
    }
    expect(seen.length).toBe(2);
  });

  test('a caller that leaves ends the call at once', async () => {
    const { url, seen } = await server(() => {});
    const controller = new AbortController();
    const call = outgoing().request(url, { signal: controller.signal });
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    await expect(outgoing().request(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CLIENT_CLOSED',
    });
  });

  test('more calls at once than the bound are refused, not piled up', async () => {
    const held: ServerResponse[] = [];
    const { url, seen } = await server((_request, response) => void held.push(response));
    const { request } = outgoing({ limits: { concurrent: 1, waiting: 1 } });
    const first = request(url);
    const second = request(url);
    await expect(request(url, { attempts: 1 })).rejects.toThrow(/Too many calls/);
    while (seen.length < 1) await new Promise((resolve) => setImmediate(resolve));
    held[0]!.end();
    await first;
    while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
    held[1]!.end();
    expect((await second).status).toBe(200);
  });

  test('what does not speak HTTP is UPSTREAM_FAILED', async () => {
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.end('SSH-2.0-OpenSSH_9.6\r\n', () => socket.destroy());
    });
    const port = await listen(tcp);
    closing.push(() => new Promise((resolve) => tcp.close(resolve)));
    await expect(outgoing().request(`http://127.0.0.1:${port}`, { attempts: 1 })).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
    });
  });
});

describe('the circuit of a host', () => {
  test('opens after failures in a row, refuses without a call, and says so in the metrics', async () => {
    const { url, seen, port } = await server((_request, response) => response.writeHead(500).end());
    const { request, telemetry } = outgoing({ limits: { failures: 3 } });
    await request(url);
    await expect(request(url)).rejects.toThrow(/failed repeatedly/);
    expect(seen.length).toBe(3);
    const state = await telemetry.metrics.getSingleMetric('amadeus_outgoing_circuit_open')!.get();
    expect(state.values).toEqual([{ labels: { host: `127.0.0.1:${port}` }, value: 1 }]);
  });

  test('closes again when the host has recovered', async () => {
    const { url } = await server((_request, response, count) => response.writeHead(count <= 3 ? 500 : 200).end());
    const { request } = outgoing({ limits: { failures: 3, resetMs: 0 } });
    await request(url);
    expect((await request(url)).status).toBe(200);
    expect((await request(url)).status).toBe(200);
  });

  test('of one host does not touch another', async () => {
    const bad = await server((_request, response) => response.writeHead(500).end());
    const good = await server((_request, response) => response.end());
    const { request } = outgoing({ limits: { failures: 2 } });
    await expect(request(bad.url)).rejects.toThrow(/failed repeatedly/);
    expect((await request(good.url)).status).toBe(200);
  });

  test('stays closed on errors of the caller', async () => {
    const { url } = await server((_request, response) => response.writeHead(401).end());
    const { request } = outgoing({ limits: { failures: 1 } });
    for (let call = 0; call < 3; call += 1) expect((await request(url)).status).toBe(401);
  });
});

describe('addresses that may not be reached', () => {
  test('a private address is refused before a connection is opened', async () => {
    const { url, seen } = await server((_request, response) => response.end('secret'));
    await expect(outgoing({ allow: [] }).request(url)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      help: expect.stringContaining('outgoing.allow'),
    });
    expect(seen).toEqual([]);
  });

  test.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest',
  ])('%s is refused however it is written', async (url) => {
    await expect(outgoing({ allow: [] }).request(url)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test.each(['file:///etc/passwd', 'ftp://example.com/', 'gopher://127.0.0.1/'])('%s is refused', async (url) => {
    await expect(outgoing().request(url)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('a name that leads to a private address is refused', async () => {
    const { port, seen } = await server((_request, response) => response.end('secret'));
    const { request } = outgoing({ allow: [], resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    await expect(request(`http://innocent.example.com:${port}/`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(seen).toEqual([]);
  });

  test('a name that answers differently the second time gains nothing', async () => {
    const { port } = await server((_request, response) => response.setHeader('connection', 'close').end('public'));
    const answers = ['127.0.0.1', '169.254.169.254'];
    const { request } = outgoing({
      allow: ['127.0.0.1'],
      resolve: async () => [{ address: answers.shift()!, family: 4 }],
    });
    const url = `http://rebinding.example.com:${port}/`;
    expect((await request(url)).status).toBe(200);
    await expect(request(url)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('of several addresses only the permitted ones are tried', async () => {
    const { port } = await server((_request, response) => response.end('ok'));
    const { request } = outgoing({
      resolve: async () => [
        { address: '10.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    });
    expect((await request(`http://mixed.example.com:${port}/`)).status).toBe(200);
  });

  test('for other protocols the address is resolved under the same rules', async () => {
    const resolve = async () => [{ address: '192.168.0.9', family: 4 }];
    await expect(outgoing({ allow: [], resolve }).resolve('mail.internal', 25)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await outgoing({ allow: ['mail.internal:25'], resolve }).resolve('mail.internal', 25)).toBe('192.168.0.9');
  });
});

describe('redirects', () => {
  test('within the origin are followed', async () => {
    const { url } = await server((request, response) =>
      request.url === '/a' ? response.writeHead(302, { location: '/b' }).end() : response.end('b'),
    );
    expect((await outgoing().request(`${url}/a`)).body.toString()).toBe('b');
  });

  test('to the metadata address are returned, not followed', async () => {
    const { url, seen } = await server((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    );
    const answer = await outgoing({ allow: ['127.0.0.1', '169.254.0.0/16'] }).request(url);
    expect([answer.status, seen.length]).toEqual([302, 1]);
  });

  test('to another port of the same host are returned, so that headers stay where they were sent', async () => {
    const other = await server((_request, response) => response.end('other'));
    const { url } = await server((_request, response) => response.writeHead(307, { location: other.url }).end());
    const answer = await outgoing().request(url, { headers: { authorization: 'Bearer x' } });
    expect([answer.status, other.seen.length]).toEqual([307, 0]);
  });

  test('in a circle end', async () => {
    const { url, seen } = await server((_request, response) => response.writeHead(301, { location: '/' }).end());
    expect((await outgoing().request(url)).status).toBe(301);
    expect(seen.length).toBe(6);
  });

  test('of a POST are returned', async () => {
    const { url, seen } = await server((_request, response) => response.writeHead(308, { location: '/b' }).end());
    expect((await outgoing().request(url, { method: 'POST', body: 'x' })).status).toBe(308);
    expect(seen.length).toBe(1);
  });
});
