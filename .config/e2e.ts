// The end-to-end suite as a person would use the product: the service with its estate, a real Grafana with the built plugin,
// and a browser. `npm test -- end-to-end` runs it where GRAFANA_HOME or GRAFANA_URL
// is set. The first argument is the file for Playwright's JSON report.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoGateway } from './demo-gateway.ts';
import { findGrafana, startGrafana } from './grafana.ts';
import { buildPlugin } from './plugin-build.ts';
import { startService } from './service.ts';

const root = process.env.AMADEUS_ROOT ?? process.cwd();
const [report, ...playwright] = process.argv.slice(2);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const closers: (() => Promise<void>)[] = [];

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function stand(): Promise<Record<string, string>> {
  if (process.env.GRAFANA_URL) return { GRAFANA_URL: process.env.GRAFANA_URL };
  const grafana = findGrafana(process.env);
  if (!grafana) throw new Error('There is no Grafana at GRAFANA_URL or GRAFANA_HOME.');
  const built = await buildPlugin({ all: false, log: say });
  if (!built.ok) throw new Error('The plugin could not be built.');
  const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-e2e-'));
  closers.push(async () => rmSync(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  // Applications that call, so that the pages of the gateway have something to say.
  const gateway = await startDemoGateway({ root, dataDir, port: await freePort(), steady: true });
  closers.push(gateway.stop);
  const service = await startService({
    root,
    args: ['serve', '--making-keys'],
    environment: {
      ...process.env,
      ...gateway.environment,
      AMADEUS_DATA_DIR: dataDir,
      AMADEUS_HTTP_PORT: String(await freePort()),
      AMADEUS_ESTATE_ENABLED: 'true',
      AMADEUS_IDENTITY_GRAFANA_URL: `http://localhost:${port}`,
      // Where everything runs beside everything on two cores, a page may be slow, and shall come all the same.
      AMADEUS_WAREHOUSE_GUARDS_TIMEOUT_MS: '60000',
    },
    logDir: join(dataDir, 'log'),
    onProgress: say,
  });
  closers.push(service.stop);
  await gateway.begin(service);
  const running = await startGrafana({
    grafana,
    root,
    dataDir: join(dataDir, 'grafana'),
    port,
    service,
    // A longer run than Grafana's ten minutes would otherwise lose the signed-in sessions.
    environment: { ALERT_DAILY_SPEND: '1000', GF_AUTH_TOKEN_ROTATION_INTERVAL_MINUTES: '600', ...process.env },
  });
  closers.push(running.stop);
  return { GRAFANA_URL: running.url, AMADEUS_URL: service.url };
}

let code = 1;
try {
  const environment = await stand();
  code = await new Promise<number>((resolve) => {
    const child = spawn(
      process.execPath,
      [join(root, 'node_modules', '@playwright', 'test', 'cli.js'), 'test', '--reporter=line,json', ...playwright],
      {
        cwd: join(root, 'plugin'),
        stdio: 'inherit',
        env: {
          ...process.env,
          ...environment,
          ...(report === undefined ? {} : { PLAYWRIGHT_JSON_OUTPUT_NAME: report }),
        },
      },
    );
    child.on('exit', (status) => resolve(status ?? 1));
  });
} catch (error) {
  say((error as Error).message);
} finally {
  for (const close of closers.reverse()) await close().catch((error: unknown) => say(String(error)));
}
process.exit(code);
