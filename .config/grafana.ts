// Finds a Grafana and starts it with the plugin, its provisioning and the service's address. Used by `npm start` and the
// end-to-end tests.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { renderProvisioning } from '../provisioning/render.ts';

export interface GrafanaHome {
  kind: 'home' | 'path' | 'docker';
  /** Executable and its home directory; Docker has neither. */
  executable: string;
  home?: string;
}

/** A Grafana that this machine has: GRAFANA_HOME, the PATH, or Docker; undefined where there is none. */
export function findGrafana(environment: NodeJS.ProcessEnv): GrafanaHome | undefined {
  const home = environment.GRAFANA_HOME;
  if (home !== undefined && home !== '') {
    const executable = ['bin/grafana', 'bin/grafana.exe', 'bin/grafana-server']
      .map((file) => join(home, file))
      .find((file) => existsSync(file));
    if (executable) return { kind: 'home', executable, home: resolve(home) };
    process.stderr.write(`GRAFANA_HOME is ${home}, but there is no bin/grafana in it.\n`);
  }
  if (spawnSync('grafana', ['--version'], { stdio: 'ignore' }).status === 0)
    return { kind: 'path', executable: 'grafana' };
  if (spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 5_000 }).status === 0)
    return { kind: 'docker', executable: 'docker' };
  return undefined;
}

export interface GrafanaOptions {
  grafana: GrafanaHome;
  root: string;
  /** Where Grafana keeps its database; wiped by nobody. */
  dataDir: string;
  port: number;
  service: { url: string; serviceToken: string; datasourceToken: string };
  environment: NodeJS.ProcessEnv;
  /** Answers for the first administrator; Grafana's own default where absent. */
  adminPassword?: string;
}

const image = 'grafana/grafana:12.3.3';

/** Starts it and resolves when it answers. @throws Error with the end of Grafana's log when it stops or takes over a minute. */
export async function startGrafana(
  options: GrafanaOptions,
): Promise<{ url: string; process: ChildProcess; stop(): Promise<void> }> {
  const plugins = join(options.dataDir, 'plugins');
  const provisioning = join(options.dataDir, 'provisioning');
  prepare(options, plugins, provisioning);
  const url = `http://localhost:${options.port}`;
  const settings = grafanaSettings(options, plugins, provisioning, url);
  const child = launch(options, settings, plugins, provisioning);
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log.push(chunk.toString());
      if (log.length > 200) log.splice(0, 100);
    });
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  };
  try {
    await healthy(url, child);
  } catch (error) {
    await stop();
    throw new Error(
      `${(error as Error).message}\n${log
        .join('')
        .split('\n')
        .filter((line) => /level=error|rror:/.test(line))
        .slice(-8)
        .join('\n')}`,
    );
  }
  return { url, process: child, stop };
}

function prepare(options: GrafanaOptions, plugins: string, provisioning: string): void {
  rmSync(plugins, { recursive: true, force: true });
  rmSync(provisioning, { recursive: true, force: true });
  mkdirSync(plugins, { recursive: true });
  mkdirSync(provisioning, { recursive: true });
  const dist = join(options.root, 'plugin', 'dist');
  // Docker cannot follow a link out of its mount; everywhere else the link keeps one copy.
  if (options.grafana.kind === 'docker') cpSync(dist, join(plugins, 'mureon-amadeus-app'), { recursive: true });
  else symlinkSync(dist, join(plugins, 'mureon-amadeus-app'), 'junction');
  const service =
    options.grafana.kind === 'docker'
      ? options.service.url.replace(/127\.0\.0\.1|localhost/, 'host.docker.internal')
      : options.service.url;
  const files = renderProvisioning({
    ...options.environment,
    AMADEUS_SERVICE_URL: service,
    AMADEUS_SERVICE_TOKEN: options.service.serviceToken,
    AMADEUS_DATASOURCE_TOKEN: options.service.datasourceToken,
    AMADEUS_DASHBOARDS:
      options.grafana.kind === 'docker' ? '/etc/amadeus/dashboards' : join(options.root, 'dashboards'),
  });
  for (const [name, text] of Object.entries(files as Record<string, string>)) {
    const file = join(provisioning, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  }
}

function grafanaSettings(
  options: GrafanaOptions,
  plugins: string,
  provisioning: string,
  url: string,
): Record<string, string> {
  return {
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(options.port),
    GF_SERVER_ROOT_URL: `${url}/`,
    GF_PATHS_DATA: join(options.dataDir, 'data'),
    GF_PATHS_LOGS: join(options.dataDir, 'log'),
    GF_PATHS_PLUGINS: plugins,
    GF_PATHS_PROVISIONING: provisioning,
    GF_DEFAULT_APP_MODE: 'development',
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS: 'mureon-amadeus-app,mureon-amadeus-datasource',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    GF_NEWS_NEWS_FEED_ENABLED: 'false',
    GF_LOG_LEVEL: 'warn',
    ...(options.adminPassword === undefined ? {} : { GF_SECURITY_ADMIN_PASSWORD: options.adminPassword }),
  };
}

function launch(
  options: GrafanaOptions,
  settings: Record<string, string>,
  plugins: string,
  provisioning: string,
): ChildProcess {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const env = { ...options.environment, ...settings };
  if (options.grafana.kind !== 'docker') {
    const args = ['server', ...(options.grafana.home === undefined ? [] : ['--homepath', options.grafana.home])];
    return spawn(options.grafana.executable, args, { env, stdio, detached: process.platform !== 'win32' });
  }
  const inside: Record<string, string> = {
    ...settings,
    GF_SERVER_HTTP_ADDR: '0.0.0.0',
    GF_SERVER_HTTP_PORT: '3000',
    GF_PATHS_DATA: '/var/lib/grafana',
    GF_PATHS_LOGS: '/var/log/grafana',
    GF_PATHS_PLUGINS: '/etc/amadeus/plugins',
    GF_PATHS_PROVISIONING: '/etc/amadeus/provisioning',
  };
  const mounts = [
    `${plugins}:/etc/amadeus/plugins:ro`,
    `${provisioning}:/etc/amadeus/provisioning:ro`,
    `${join(options.root, 'dashboards')}:/etc/amadeus/dashboards:ro`,
  ];
  return spawn(
    'docker',
    [
      ...[
        'run',
        '--rm',
        '--name',
        `amadeus-grafana-${options.port}`,
        '-p',
        `127.0.0.1:${options.port}:3000`,
        '--add-host',
        'host.docker.internal:host-gateway',
      ],
      ...mounts.flatMap((mount) => ['-v', mount]),
      ...Object.keys(inside).flatMap((name) => ['-e', name]),
      image,
    ],
    { env: { ...options.environment, ...inside }, stdio },
  );
}

async function healthy(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + 90_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error('Grafana stopped while it was starting.');
    const answer = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.ok) return;
    await delay(250);
  }
  throw new Error(`Grafana did not answer at ${url} within 90 seconds.`);
}
