import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfig, redactConfig, ConfigError } from './index.ts';

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'amadeus-config-')), 'amadeus.yaml');
  writeFileSync(path, text);
  return path;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('configuration', () => {
  test('works without a file or a variable', () => {
    const config = loadConfig({ environment: {} });
    expect(config.http.port).toBe(4280);
    expect(config.roles).toEqual(['api', 'worker', 'gateway', 'controller']);
    expect(config.identity.roles.grafana.Admin).toEqual(['admin']);
  });

  test('lays the environment over the file', () => {
    const config = loadConfig({
      file: file('http:\n  port: 5000\n  host: 0.0.0.0\n'),
      environment: { AMADEUS_HTTP_PORT: '6000', AMADEUS_ROLES: 'api, worker', DATABASE_URL: 'postgres://u:p@h/d' },
    });
    expect(config.http).toMatchObject({ port: 6000, host: '0.0.0.0' });
    expect(config.roles).toEqual(['api', 'worker']);
    expect(config.store.url).toBe('postgres://u:p@h/d');
  });

  test('reads a secret from a file', () => {
    const config = loadConfig({ environment: { AMADEUS_IDENTITY_SERVICE_TOKEN_FILE: file('s3cret\n') } });
    expect(config.identity.serviceToken).toBe('s3cret');
  });

  test('names every mistake at once', () => {
    const problems = problemsOf(() =>
      loadConfig({
        file: file('http:\n  port: 99999\n  prot: 1\nwarehouse:\n  database: "a-b"\n'),
        environment: { AMADEUS_STORE_MAX_CONNECTIONS: 'many', AMADEUS_TYPO: 'x' },
      }),
    ).join('\n');
    expect(problems).toContain('http.port');
    expect(problems).toContain('http.prot: no such setting');
    expect(problems).toContain('warehouse.database');
    expect(problems).toContain('AMADEUS_STORE_MAX_CONNECTIONS: must be a whole number, not "many"');
    expect(problems).toContain('AMADEUS_TYPO: no such setting');
  });

  test('explains a file that is missing or no YAML', () => {
    expect(problemsOf(() => loadConfig({ file: '/nowhere.yaml', environment: {} }))[0]).toContain('cannot be read');
    expect(problemsOf(() => loadConfig({ file: file('a: [1'), environment: {} }))).toHaveLength(1);
    expect(problemsOf(() => loadConfig({ file: file('- 1'), environment: {} }))[0]).toContain('must be a mapping');
  });

  test('shows no secret', () => {
    const config = loadConfig({
      file: file(
        'identity:\n  serviceToken: s3cret-a\nnotify:\n  channels:\n    - {type: slack, name: ops, webhookUrl: "https://s3cret-b"}\ntelemetry:\n  otlpHeaders: {authorization: s3cret-c}\n',
      ),
      environment: { CLICKHOUSE_URL: 'http://u:s3cret-d@h' },
    });
    const shown = JSON.stringify(redactConfig(config));
    expect(shown).not.toContain('s3cret');
    expect(shown).toContain('"name":"ops"');
  });
});
