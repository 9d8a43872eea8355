import { describe, expect, test } from '@jest/globals';
import { createAddressGuard, normalAddress } from './address-guard.ts';

const closed = createAddressGuard([]);

describe('without a list', () => {
  test.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    'the public address %s is reached',
    (address) => {
      expect(closed.permits('example.com', 443, address)).toBe(true);
    },
  );

  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    'fd00::1',
    'fd00:ec2::254',
    'fe80::1%eth0',
    'ff02::1',
  ])('%s is refused', (address) => {
    expect(closed.permits('example.com', 80, address)).toBe(false);
  });
});

describe('with a list', () => {
  const permits = (entry: string, host: string, port: number, address: string) =>
    createAddressGuard([entry]).permits(host, port, address);

  test('a host opens every port of that name alone', () => {
    expect(permits('prometheus', 'Prometheus', 9090, '10.0.0.4')).toBe(true);
    expect(permits('prometheus', 'prometheus.', 1, '10.0.0.4')).toBe(true);
    expect(permits('prometheus', 'evil-prometheus', 9090, '10.0.0.4')).toBe(false);
  });

  test('host:port opens that port alone', () => {
    expect(permits('prometheus:9090', 'prometheus', 9090, '10.0.0.4')).toBe(true);
    expect(permits('prometheus:9090', 'prometheus', 9091, '10.0.0.4')).toBe(false);
  });

  test('a CIDR opens its addresses under every name, also written as IPv6', () => {
    expect(permits('10.0.0.0/8', 'x', 80, '10.9.9.9')).toBe(true);
    expect(permits('10.0.0.0/8', 'x', 80, '::ffff:10.9.9.9')).toBe(true);
    expect(permits('10.0.0.0/8', 'x', 80, '192.168.0.1')).toBe(false);
    expect(permits('fd12::/16', 'x', 80, 'fd12::9')).toBe(true);
  });

  test('an address opens itself, with or without a port', () => {
    expect(permits('127.0.0.1:4318', 'x', 4318, '127.0.0.1')).toBe(true);
    expect(permits('127.0.0.1:4318', 'x', 4319, '127.0.0.1')).toBe(false);
    expect(permits('[::1]:4318', 'x', 4318, '::1')).toBe(true);
    expect(permits('::1', 'x', 1, '0:0::1')).toBe(true);
  });

  test('the metadata address opens only by its own address or range, never by a name', () => {
    expect(permits('metadata.internal', 'metadata.internal', 80, '169.254.169.254')).toBe(false);
    expect(permits('169.254.169.254', 'metadata.internal', 80, '169.254.169.254')).toBe(true);
    expect(permits('169.254.169.254/32', 'x', 80, '169.254.169.254')).toBe(true);
  });

  test.each(['', 'a b', '10.0.0.0/99', 'host/24', 'http://x', 'host:port'])(
    'the entry %j is named as wrong',
    (entry) => {
      expect(() => createAddressGuard([entry])).toThrow(JSON.stringify(entry));
    },
  );
});

test('addresses have one form', () => {
  expect(normalAddress('::FFFF:10.0.0.1')).toBe('10.0.0.1');
  expect(normalAddress('FE80:0::1%en0')).toBe('fe80::1');
});
