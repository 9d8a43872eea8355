import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findGrafana, startGrafana } from '../.config/grafana.ts';

const root = join(import.meta.dirname, '..');
const home = process.env.GRAFANA_HOME;
const grafana = home ? findGrafana({ GRAFANA_HOME: home }) : undefined;
const built = existsSync(join(root, 'plugin/dist/plugin.json'));
const ready = grafana !== undefined && built;
const why = ready ? '' : ` (skipped: ${built ? 'GRAFANA_HOME names no Grafana' : 'the plugin is not built'})`;
const secrets = {
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/a$b',
  PAGERDUTY_INTEGRATION_KEY: '01234567890123456789012345678901',
  ALERT_DAILY_SPEND: '5000',
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts a real Grafana on a database of its own and hands over a way to ask it as its administrator. */
async function withGrafana(
  environment: Record<string, string>,
  work: (ask: (path: string) => Promise<any>) => Promise<void>, // eslint-disable-line @typescript-eslint/no-explicit-any -- answers of Grafana, checked by the expectations
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-grafana-'));
  const running = await startGrafana({
    grafana: grafana!,
    root,
    dataDir,
    port: await freePort(),
    service: { url: 'http://127.0.0.1:9', serviceToken: 'service-token-0123', datasourceToken: 'datasource-token-0' },
    environment: { PATH: process.env.PATH, HOME: dataDir, ...environment },
  });
  try {
    await work(async (path) => {
      const answer = await fetch(`${running.url}${path}`, {
        headers: { authorization: `Basic ${btoa('admin:admin')}` },
      });
      return answer.json();
    });
  } finally {
    await running.stop();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

describe(`a real Grafana${why}`, () => {
  const only = ready ? test : test.skip;

  only('starts with every secret set, and has taken in everything', async () => {
    await withGrafana(secrets, async (ask) => {
      const points: { name: string }[] = await ask('/api/v1/provisioning/contact-points');
      expect(points.map((point) => point.name)).toEqual(expect.arrayContaining(['amadeus-slack', 'amadeus-pagerduty']));
      expect(await ask('/api/v1/provisioning/policies')).toMatchObject({ receiver: 'amadeus-slack' });
      const rules: { uid: string }[] = await ask('/api/v1/provisioning/alert-rules');
      expect(rules.map((rule) => rule.uid).sort()).toEqual([
        'amadeus-budget-forecast',
        'amadeus-budget-used',
        'amadeus-missing-tags',
        'amadeus-predicted-load',
        'amadeus-reconciliation',
        'amadeus-spend-limit',
        'amadeus-spend-rise',
        'amadeus-stale-source',
        'amadeus-unit-cost-jump',
      ]);
      expect(await ask('/api/plugins/mureon-amadeus-app/settings')).toMatchObject({
        enabled: true,
        pinned: true,
        secureJsonFields: { serviceToken: true },
      });
      expect(await ask('/api/datasources/uid/amadeus')).toMatchObject({
        readOnly: true,
        secureJsonFields: { token: true },
      });
      const found: { type: string; title: string }[] = await ask('/api/search');
      expect(found.filter((item) => item.type === 'dash-folder').map((item) => item.title)).toEqual(['Amadeus']);
      expect(found.filter((item) => item.type === 'dash-db').map((item) => item.title)).toEqual(
        expect.arrayContaining([
          'Executive cost',
          'LLM usage and unit costs',
          'SRE overview',
          'Service health of Amadeus',
          'Showback',
        ]),
      );
    });
  });

  only('starts with no secret set', async () => {
    await withGrafana({}, async (ask) => {
      const points: { name: string }[] = await ask('/api/v1/provisioning/contact-points');
      expect(points.map((point) => point.name).filter((name) => name.startsWith('amadeus'))).toEqual([]);
      // All but the one that needs a limit.
      expect((await ask('/api/v1/provisioning/alert-rules')).length).toBe(8);
    });
  });
});
