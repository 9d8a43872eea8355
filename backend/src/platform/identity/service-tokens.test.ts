import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../config/index.ts';
import { ensureTokens, sameSecret } from './index.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'amadeus-tokens-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function tokensWith(environment: Record<string, string>): ReturnType<typeof ensureTokens> {
  return ensureTokens(loadConfig({ environment: { AMADEUS_DATA_DIR: dataDir, ...environment } }));
}

test('tokens that are left out are made once and read ever after', () => {
  const first = tokensWith({});
  expect(new Set(Object.values(first)).size).toBe(3);
  for (const token of Object.values(first)) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(tokensWith({})).toEqual(first);
});

test('their files are for the service alone', () => {
  const { serviceToken } = tokensWith({});
  const path = join(dataDir, 'tokens', 'serviceToken');
  expect(readFileSync(path, 'utf8').trim()).toBe(serviceToken);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir, 'tokens')).mode & 0o777).toBe(0o700);
});

test('a token of the configuration is taken as it is', () => {
  const given = 'a-token-out-of-the-environment';
  expect(tokensWith({ AMADEUS_IDENTITY_SERVICE_TOKEN: given }).serviceToken).toBe(given);
});

test('tokens that are short or equal stop the start, all mistakes at once', () => {
  const same = 'the-very-same-token-twice';
  expect(() =>
    tokensWith({
      AMADEUS_IDENTITY_SERVICE_TOKEN: same,
      AMADEUS_IDENTITY_DATASOURCE_TOKEN: same,
      AMADEUS_IDENTITY_INTERNAL_TOKEN: 'short',
    }),
  ).toThrow(/2 mistakes[\s\S]*internalToken: must have at least 16[\s\S]*must differ/);
});

test('secrets are compared whole, whatever their length', () => {
  expect(sameSecret('abc', 'abc')).toBe(true);
  for (const other of ['', 'ab', 'abcd', 'ABC', 'abc\0']) expect(sameSecret(other, 'abc')).toBe(false);
});
