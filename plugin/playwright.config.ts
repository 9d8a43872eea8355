import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';
import { grafanaServer } from './e2e/grafana-server.ts';

const authTests = join(dirname(require.resolve('@grafana/plugin-e2e')), 'auth');
const server = grafanaServer(process.env);
const chromium = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path): path is string => path !== undefined && path !== '' && existsSync(path));
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const viewer = { user: 'amadeus-viewer', password: 'amadeus-viewer' };

/**
 * Against a Grafana at GRAFANA_URL, or one that is started here from GRAFANA_HOME with the built plugin and the service at
 * AMADEUS_URL. Without either there is nothing to test against, and that is said.
 */
export default defineConfig<PluginOptions>({
  testDir: './e2e',
  fullyParallel: false,
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: 'line',
  outputDir: 'test-results',
  use: {
    baseURL: server.url,
    ...devices['Desktop Chrome'],
    screenshot: 'only-on-failure',
    launchOptions: { args: quiet, ...(chromium === undefined ? {} : { executablePath: chromium }) },
  },
  ...(server.start === undefined ? {} : { webServer: server.start }),
  projects: server.none
    ? [{ name: 'none', testMatch: /no-grafana\.spec\.ts/ }]
    : [
        { name: 'auth', testDir: authTests, testMatch: [/.*\.js/] },
        {
          name: 'auth-viewer',
          testDir: authTests,
          testMatch: [/.*\.js/],
          use: { user: { ...viewer, role: 'Viewer' } },
          dependencies: ['auth'],
        },
        {
          name: 'admin',
          testMatch: /admin\/.*\.spec\.ts/,
          use: { storageState: 'playwright/.auth/admin.json' },
          dependencies: ['auth'],
        },
        {
          name: 'viewer',
          testMatch: /viewer\/.*\.spec\.ts/,
          use: { storageState: `playwright/.auth/${viewer.user}.json` },
          dependencies: ['auth-viewer'],
        },
      ],
});
