import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';

/** The address behind a name is one that calls may not reach. */
export class AddressRefusedError extends Error {
  constructor(host: string, port: number, addresses: readonly string[]) {
    super(`${host}:${port} leads to ${addresses.join(', ')}, a private or reserved address`);
    this.name = 'AddressRefusedError';
  }
}

/** Resolves a host as `node:dns` does; given by tests. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

export const systemResolve: Resolve = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });

const maxPorts = 256;

/**
 * Opens sockets for undici, checking the very address that is connected to: the check is inside the look-up, so that a name
 * that answers differently the second time (DNS rebinding) gains nothing.
 */
export function guardedConnector(guard: AddressGuard, resolve: Resolve, timeoutMs: number): buildConnector.connector {
  const byPort = new Map<number, buildConnector.connector>();
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    const literal = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) && !guard.permits(literal, port, literal)) {
      callback(new AddressRefusedError(literal, port, [literal]), null);
      return;
    }
    let connect = byPort.get(port);
    if (!connect) {
      if (byPort.size >= maxPorts) byPort.clear();
      connect = buildConnector({ timeout: timeoutMs, allowH2: false, lookup: guardedLookup(guard, resolve, port) });
      byPort.set(port, connect);
    }
    connect(options, callback);
  };
}

function guardedLookup(guard: AddressGuard, resolve: Resolve, port: number): LookupFunction {
  return (host, options, callback) => {
    permittedAddresses(guard, resolve, host, port).then(
      (found) => {
        if (options.all) callback(null, found);
        else callback(null, found[0]!.address, found[0]!.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    );
  };
}

/** Addresses of `host` that may be connected to; at least one. Throws AddressRefusedError, or what the resolver throws. */
export async function permittedAddresses(
  guard: AddressGuard,
  resolve: Resolve,
  host: string,
  port: number,
): Promise<{ address: string; family: number }[]> {
  const found = isIP(host) ? [{ address: host, family: isIP(host) }] : await resolve(host);
  const permitted = found.filter(({ address }) => guard.permits(host, port, address));
  if (permitted.length === 0)
    throw new AddressRefusedError(
      host,
      port,
      found.map(({ address }) => address),
    );
  return permitted;
}
