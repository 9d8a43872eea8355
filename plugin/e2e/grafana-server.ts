import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface Server {
  url: string;
  /** There is no Grafana to test against. */
  none: boolean;
  start?: { command: string; url: string; env: Record<string, string>; timeout: number; reuseExistingServer: boolean };
}

const plugin = dirname(__dirname);
const port = 13_700 + (process.pid % 200);

/** The Grafana of the tests: a running one, or how to start one from GRAFANA_HOME. */
export function grafanaServer(environment: NodeJS.ProcessEnv): Server {
  if (environment.GRAFANA_URL) return { url: environment.GRAFANA_URL, none: false };
  const home = environment.GRAFANA_HOME;
  if (!home) return { url: 'http://localhost:3000', none: true };
  // Workers read this file again: they must find the address that the first reading chose.
  environment.AMADEUS_E2E_PORT ??= String(port);
  const url = `http://localhost:${environment.AMADEUS_E2E_PORT}`;
  const started = environment.AMADEUS_E2E_FOLDER;
  const folder = started ?? prepare(environment);
  environment.AMADEUS_E2E_FOLDER = folder;
  return {
    url,
    none: false,
    start: {
      command: `"${join(home, 'bin', 'grafana')}" server --homepath "${home}"`,
      url: `${url}/api/health`,
      timeout: 120_000,
      reuseExistingServer: false,
      env: settings(folder, environment.AMADEUS_E2E_PORT),
    },
  };
}

function prepare(environment: NodeJS.ProcessEnv): string {
  const folder = mkdtempSync(join(tmpdir(), 'amadeus-grafana-'));
  for (const part of ['plugins', 'provisioning/datasources', 'provisioning/plugins'])
    mkdirSync(join(folder, part), { recursive: true });
  symlinkSync(join(plugin, 'dist'), join(folder, 'plugins', 'mureon-amadeus-app'), 'junction');
  const address = JSON.stringify(environment.AMADEUS_URL ?? 'http://127.0.0.1:9');
  const token = (name: string) => JSON.stringify(environment[name] ?? '');
  writeFileSync(
    join(folder, 'provisioning/datasources/amadeus.yaml'),
    `apiVersion: 1\ndatasources:\n  - {name: Amadeus, type: mureon-amadeus-datasource, uid: amadeus, access: proxy, jsonData: {url: ${address}}, secureJsonData: {token: ${token('AMADEUS_DATASOURCE_TOKEN')}}}\n`,
  );
  writeFileSync(
    join(folder, 'provisioning/plugins/amadeus.yaml'),
    `apiVersion: 1\napps:\n  - {type: mureon-amadeus-app, org_id: 1, disabled: false, jsonData: {serviceUrl: ${address}}, secureJsonData: {serviceToken: ${token('AMADEUS_SERVICE_TOKEN')}}}\n`,
  );
  return folder;
}

function settings(folder: string, httpPort: string): Record<string, string> {
  return {
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: httpPort,
    GF_SERVER_ROOT_URL: `http://localhost:${httpPort}/`,
    GF_PATHS_DATA: join(folder, 'data'),
    GF_PATHS_LOGS: join(folder, 'log'),
    GF_PATHS_PLUGINS: join(folder, 'plugins'),
    GF_PATHS_PROVISIONING: join(folder, 'provisioning'),
    GF_DEFAULT_APP_MODE: 'development',
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS: 'mureon-amadeus-app,mureon-amadeus-datasource',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    GF_NEWS_NEWS_FEED_ENABLED: 'false',
    GF_LOG_LEVEL: 'error',
  };
}
