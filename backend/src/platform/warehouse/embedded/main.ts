import { join } from 'node:path';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Engine } from './engine.ts';
import type { ChildMessage, EngineOptions } from './engine-options.ts';
import { createWarehouseServer } from './server.ts';

/**
 * The child process of the embedded warehouse. It gets its options over the pipe to its parent, listens on loopback, and
 * ends with that pipe: a parent that was killed leaves nothing running.
 */

const bindAttempts = 40;
const bindAgainMs = 250;
const closeWithinMs = 3_000;
const idleMs = 5_000;

function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));
}

async function fail(reason: string): Promise<never> {
  await tell({ kind: 'failed', reason });
  process.exit(1);
}

async function start(options: EngineOptions): Promise<void> {
  let engine: Engine;
  try {
    engine = new Engine(options);
  } catch (error) {
    return fail((error as Error).message);
  }
  const { token, directory, concurrency } = options;
  const server = createWarehouseServer({ engine, token, concurrency, spoolDirectory: join(directory, 'spool') });
  const stopTidying = tidyWhenIdle(server, engine);
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), closeWithinMs); // everything acknowledged is on disk already
    stopTidying();
    server.close();
    server.closeAllConnections();
    void engine.close().finally(() => process.exit(0));
  };
  process.once('disconnect', close);
  process.once('SIGTERM', close);
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the parent says when to end

  let attempts = 0;
  server.on('error', (error: NodeJS.ErrnoException) => {
    attempts += 1;
    if (error.code === 'EADDRINUSE' && attempts < bindAttempts) setTimeout(listen, bindAgainMs);
    else void fail(`cannot listen on 127.0.0.1:${options.port} (${error.message})`);
  });
  server.on('listening', () => void tell({ kind: 'ready', port: (server.address() as AddressInfo).port }));
  function listen(): void {
    server.listen(options.port, '127.0.0.1');
  }
  listen();
}

/** Once after each spell of work, when no request has come for a while. */
function tidyWhenIdle(server: Server, engine: Engine): () => void {
  let timer: NodeJS.Timeout | undefined;
  server.on('request', (_request, response: ServerResponse) => {
    clearTimeout(timer);
    response.once('close', () => {
      clearTimeout(timer);
      timer = setTimeout(() => void engine.releaseMemory().catch(() => undefined), idleMs);
    });
  });
  return () => clearTimeout(timer);
}

process.once('message', (options: EngineOptions) => void start(options));
