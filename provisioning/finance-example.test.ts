import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { buildApp } from '../backend/src/build-app.ts';
import { composeFinops, type FinopsRooms } from '../backend/src/compose-finops.ts';
import { openPlatform, type OpenPlatform } from '../backend/src/open-platform.ts';
import { loadConfig } from '../backend/src/platform/config/index.ts';
import type { App } from '../backend/src/platform/http/index.ts';
import { wholeTenant, type Caller } from '../backend/src/platform/identity/index.ts';
import { testStores, type TestStores } from '../backend/src/platform/testing/index.ts';

/** The service with the example, as an operator would start it: what is wrong with a section is an error at the start. */
const directory = mkdtempSync(join(tmpdir(), 'amadeus-finance-'));
const example = readFileSync(join(import.meta.dirname, 'amadeus', 'finance.example.yaml'), 'utf8');
let stores: TestStores;
let opened: OpenPlatform;
let finops: FinopsRooms;
let app: App;
let key: string;

const permissions = ['cost:read', 'sources:read'] as const;
const maker: Caller = {
  ...{ kind: 'node', id: 'node:test', name: 'Test', roles: [], scope: wholeTenant('default') },
  permissions: new Set(permissions),
};

beforeAll(async () => {
  stores = await testStores();
  const file = join(directory, 'amadeus.yaml');
  writeFileSync(file, example);
  const { url } = stores.config.store;
  const { url: clickhouse, database } = stores.config.warehouse;
  const environment = {
    AMADEUS_DATA_DIR: directory,
    AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    DATABASE_URL: url!,
    CLICKHOUSE_URL: clickhouse!,
    AMADEUS_WAREHOUSE_DATABASE: database,
  };
  opened = await openPlatform(loadConfig({ file, environment }), '0.1.0', () => undefined);
  finops = composeFinops(opened.platform);
  for (const room of finops.rooms) await room.start?.(new AbortController().signal);
  app = await buildApp(opened, finops.rooms, '0.1.0');
  await app.ready();
  const expiresAt = new Date(Date.now() + 3_600_000);
  key = (await opened.identity.apiKeys.create(maker, { name: 'test', permissions, expiresAt })).token;
}, 120_000);
afterAll(async () => {
  await app.close();
  for (const room of [...finops.rooms].reverse()) await room.close?.();
  await opened.close();
  await stores.close();
  rmSync(directory, { recursive: true, force: true });
});

async function ask(url: string): Promise<string> {
  const answer = await app.inject({ url, headers: { authorization: `Bearer ${key}` } });
  expect([url, answer.statusCode]).toEqual([url, 200]);
  return answer.body;
}

test.each([
  ['/api/sources', 'cloud-exports'],
  ['/api/tag-rules', 'cost center'],
  ['/api/prices?search=gpt-4.1', 'Enterprise contract 17'],
  ['/api/allocation/rules', 'Idle GPUs'],
  ['/api/budgets', 'search-month'],
  ['/api/showback/reports', 'Board, month'],
])('%s has what the file declares', async (url, text) => {
  expect(await ask(url)).toContain(text);
});

test('docs/provisioning.md names every section of it, and every variable of the alert rules', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'provisioning.md'), 'utf8');
  const sections = Object.entries(parse(example) as Record<string, object>).map(([name, value]) =>
    ['allocation', 'showback', 'notify'].includes(name) ? `${name}.${Object.keys(value)[0]}` : name,
  );
  for (const section of sections) expect(page).toContain(`\`${section}\``);
  const rules = readFileSync(join(import.meta.dirname, 'grafana', 'alerting', 'rules.yaml'), 'utf8');
  for (const [, name] of rules.matchAll(/\$\{([A-Z_]+)/g)) expect(page).toContain(`\`${name}\``);
});

test('a mistake in it is an error that names the place', () => {
  const wrong = parse(example) as { budgets: { amount: unknown }[] };
  wrong.budgets[0]!.amount = 'much';
  const file = join(directory, 'wrong.yaml');
  writeFileSync(file, stringify(wrong));
  expect(() => loadConfig({ file, environment: {} })).toThrow(/budgets/);
});
