// `npm start`: the service with embedded stores, an estate or one's own data, and Grafana where there is one.
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { renderAnswer } from '../backend/src/terminal/index.ts';
import { askAnswer } from './answer.ts';
import { demoSchedule, startDemo, wantsDemo, type RunningDemo } from './demo-cluster.ts';
import { startDemoGateway, wantsDemoGateway, type RunningDemoGateway } from './demo-gateway.ts';
import { findGrafana, startGrafana, type GrafanaHome } from './grafana.ts';
import { buildPlugin } from './plugin-build.ts';
import { startService, type RunningService } from './service.ts';
import { parseStart, usage, type StartOptions } from './start-options.ts';

const root = process.env.AMADEUS_ROOT ?? process.cwd();
const tty = process.stdout.isTTY === true;
const began = Date.now();
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const progress = (text: string): void =>
  say(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${text}`);
const stops: (() => Promise<void>)[] = [];
let stopping: Promise<never> | undefined;

function stop(code: number): Promise<never> {
  stopping ??= (async () => {
    for (const end of stops.reverse()) await end().catch((error: unknown) => say(String(error)));
    process.exit(code);
  })();
  return stopping;
}

function configFile(options: StartOptions): string | undefined {
  return options.config ?? process.env.AMADEUS_CONFIG;
}

function serviceArguments(options: StartOptions): string[] {
  const config = configFile(options);
  return config === undefined ? [] : ['--config', resolve(process.env.INIT_CWD ?? process.cwd(), config)];
}

/** What the flags say, as variables. With a configuration file, what no flag says is left to it. */
async function serviceEnvironment(
  options: StartOptions,
  dataDir: string,
  grafanaUrl: string | undefined,
  demos: readonly ({ environment: Record<string, string>; url?: string } | undefined)[],
): Promise<NodeJS.ProcessEnv> {
  const byFile = configFile(options) !== undefined;
  const wanted = options.port ?? (byFile || process.env.AMADEUS_HTTP_PORT ? undefined : await freePort(4280));
  const estate = process.env.AMADEUS_ESTATE_ENABLED ?? (byFile ? undefined : String(options.estate));
  const settings: Record<string, string | undefined> = {
    ...Object.fromEntries(demos.flatMap((demo) => Object.entries(demo?.environment ?? {}))),
    AMADEUS_DATA_DIR: byFile && options.dataDir === undefined ? process.env.AMADEUS_DATA_DIR : dataDir,
    AMADEUS_HTTP_PORT: wanted === undefined ? process.env.AMADEUS_HTTP_PORT : String(wanted),
    AMADEUS_ESTATE_ENABLED: estate,
    AMADEUS_IDENTITY_GRAFANA_URL: process.env.AMADEUS_IDENTITY_GRAFANA_URL ?? grafanaUrl,
    PROMETHEUS_URL: demos.find((demo) => demo?.url)?.url ?? options.prometheus ?? process.env.PROMETHEUS_URL,
    AMADEUS_PROMETHEUS_QUERIES_REQUESTS: options.query ?? process.env.AMADEUS_PROMETHEUS_QUERIES_REQUESTS,
  };
  return {
    ...withoutOwnVariables(),
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  };
}

/** The service refuses variables that it does not know: what is for this script alone is kept from it. */
function withoutOwnVariables(): NodeJS.ProcessEnv {
  const { AMADEUS_DEMO_CLUSTER: _cluster, AMADEUS_DEMO_GATEWAY: _gateway, ...environment } = process.env;
  return environment;
}

/** The first free port from `wanted` on; what another program holds is passed over, and said. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 20; port++) {
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error(`No free port from ${wanted} to ${wanted + 19}. Give another with --port.`);
}

async function openDemo(options: StartOptions, dataDir: string): Promise<RunningDemo | undefined> {
  if (!wantsDemo(options, process.env)) return undefined;
  const demo = startDemo({ root, dataDir, port: await freePort(6443) });
  stops.push(demo.stop);
  return demo;
}

/** A demo that does not start keeps nobody from the rest. */
async function openDemoGateway(options: StartOptions, dataDir: string): Promise<RunningDemoGateway | undefined> {
  if (!wantsDemoGateway(options, process.env)) return undefined;
  try {
    const wanted = Number(process.env.AMADEUS_GATEWAY_PORT ?? 4290);
    const gateway = await startDemoGateway({ root, dataDir, port: await freePort(wanted) });
    stops.push(gateway.stop);
    return gateway;
  } catch (error) {
    progress((error as Error).message);
    return undefined;
  }
}

async function pass(command: readonly string[]): Promise<never> {
  const run = spawnSync(process.execPath, [join(root, 'backend', 'src', 'main.ts'), ...command], {
    stdio: 'inherit',
    cwd: root,
    env: withoutOwnVariables(),
  });
  process.exit(run.status ?? 1);
}

async function ingest(service: RunningService, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { ingestFile } = await import('./ingest.ts');
    await ingestFile(service, resolve(process.env.INIT_CWD ?? process.cwd(), file), progress);
  }
}

async function showGrafana(
  service: RunningService,
  grafana: GrafanaHome,
  dataDir: string,
  port: number,
): Promise<string | undefined> {
  const built = await buildPlugin({ all: false, log: progress });
  if (!built.ok) {
    progress('The plugin could not be built (the lines above say why); Grafana is not started.');
    return undefined;
  }
  progress('Starting Grafana ...');
  const directory = join(dataDir, 'grafana');
  const running = await startGrafana({ grafana, root, dataDir: directory, port, service, environment: process.env });
  stops.push(running.stop);
  running.process.once('exit', () => {
    if (!stopping) progress('Grafana has stopped; the service goes on.');
  });
  return running.url;
}

async function answer(service: RunningService): Promise<void> {
  const text = renderAnswer(await askAnswer(service), {
    columns: process.stdout.columns ?? 110,
    color: tty && process.env.NO_COLOR === undefined,
  });
  say(`\n${text}\n`);
}

function addresses(service: RunningService, grafana: string | undefined): void {
  if (grafana === undefined) {
    say(
      'To see it in Grafana 12.3 or newer: set GRAFANA_HOME to an unpacked Grafana (or put `grafana` on the PATH, or run',
    );
    say('Docker) and start again; or `docker compose up`; or copy plugin/dist into your Grafana (docs/grafana.md).\n');
  } else {
    say(`Grafana   ${grafana}/a/mureon-amadeus-app/overview   (first sign-in: admin / admin)`);
  }
  say(`API       ${service.url}/api/docs`);
  say(`Metrics   ${service.url}/metrics`);
  say(`Log       ${service.logFile}`);
}

async function main(): Promise<void> {
  const options = parseStart(process.argv.slice(2));
  if (options.command === 'help') return say(usage);
  if (options.command === 'config') return pass([...serviceArguments(options), 'config']);
  if (options.command === 'audit') return pass(['audit', ...options.rest]);
  if (options.command === 'keys') return pass([...serviceArguments(options), 'keys', ...options.rest]);
  for (const file of options.focus) {
    if (!existsSync(resolve(process.env.INIT_CWD ?? process.cwd(), file))) throw new Error(`There is no file ${file}.`);
  }
  const dataDir = resolve(options.dataDir ?? process.env.AMADEUS_DATA_DIR ?? join(root, '.amadeus'));
  mkdirSync(dataDir, { recursive: true });
  const found = options.grafana ? findGrafana(process.env) : undefined;
  const grafanaPort = found ? await freePort(3000) : undefined;
  const [demo, demoGateway] = await Promise.all([openDemo(options, dataDir), openDemoGateway(options, dataDir)]);
  const service = await startService({
    root,
    args: [
      ...[...serviceArguments(options), 'serve'],
      ...(options.focus.length > 0 ? ['--loading'] : []),
      ...(demoGateway ? ['--making-keys'] : []),
    ],
    environment: await serviceEnvironment(
      options,
      dataDir,
      grafanaPort === undefined ? undefined : `http://localhost:${grafanaPort}`,
      [demo, demoGateway],
    ),
    logDir: join(dataDir, 'log'),
    onProgress: progress,
    onSpawn: (stop) => void stops.push(stop),
  });
  await ingest(service, options.focus);
  await demoGateway?.begin(service).catch((error: unknown) => progress((error as Error).message));
  const grafana = found && grafanaPort ? await showGrafana(service, found, dataDir, grafanaPort) : undefined;
  progress('Ready.');
  await answer(service);
  addresses(service, grafana);
  if (demoGateway)
    say(`Gateway   ${demoGateway.address}   (OpenAI and Anthropic, simulated providers; keys under Routing)`);
  if (demo) {
    const failure = await demo.ready.catch((error: unknown) => (error as Error).message);
    say(`\n${failure ?? demoSchedule(demo, Date.now())}`);
  }
  if (options.once) await stop(0);
  say('\nCtrl-C stops everything.');
  const code = await service.ended;
  if (!stopping) say(`The service ended with code ${code}; its log: ${service.logFile}`);
  await stop(stopping ? 0 : 1);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  await stop(2);
}
