import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../platform/clock/index.ts';
import { shopCounters } from './shop-counters.ts';

/** Serves the shop's metrics at `/metrics` until it is closed. Port 0 takes a free one. */
export async function startShopExporter(options: {
  seed: number;
  host: string;
  port: number;
  clock: Clock;
}): Promise<{ port: number; close(): Promise<void> }> {
  const counters = shopCounters(options.seed, options.clock.now());
  const server: Server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('The metrics are at /metrics.\n');
      return;
    }
    response
      .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
      .end(counters.scrape(options.clock.now()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
