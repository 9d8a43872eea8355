// The demo's LLM providers for `npm start`: a process of its own beside the service, which is told of them as of any providers,
// by their addresses. When the gateway listens, keys are made as a person would make them, and the process calls it with them.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoApplications, demoPolicies, demoProviders, type DemoApplication } from './demo-gateway-plan.ts';
import type { StartOptions } from './start-options.ts';

export interface RunningDemoGateway {
  /** What applications are given as the base address of OpenAI's API. */
  address: string;
  /** Settings of the service, as variables. */
  environment: Record<string, string>;
  /** Makes the keys that are missing and lets the calls begin. @throws Error where the service refuses */
  begin(service: { url: string; gatewayKey?: string }): Promise<void>;
  stop(): Promise<void>;
}

/** It holds nothing for long: the garbage may be collected often. */
const frugal = ['--max-old-space-size=64', '--max-semi-space-size=1'];
const startsWithinMs = 30_000;

/** Variables that say that somebody brings providers or policies of their own. */
const own = ['AMADEUS_GATEWAY_PROVIDERS', 'AMADEUS_GATEWAY_POLICIES'].flatMap((name) => [name, `${name}_FILE`]);
const isOff = (value: string | undefined): boolean => /^(off|false|0|no)$/i.test(value ?? '');

/** Whether the demo's providers are wanted: with the generated estate only, and beside nothing of one's own. */
export function wantsDemoGateway(options: StartOptions, environment: NodeJS.ProcessEnv): boolean {
  const hasOwn = own.some((variable) => environment[variable] !== undefined && environment[variable] !== '');
  const hasFile = options.config !== undefined || environment.AMADEUS_CONFIG !== undefined;
  const hasEstate = options.estate && !isOff(environment.AMADEUS_ESTATE_ENABLED);
  const isWanted = options.demoGateway && !isOff(environment.AMADEUS_DEMO_GATEWAY);
  return isWanted && !hasOwn && !hasFile && hasEstate && !options.once;
}

/** @throws Error with its last words where the providers do not start. */
export async function startDemoGateway(where: {
  root: string;
  dataDir: string;
  /** Where the gateway shall listen. */
  port: number;
  /** Providers that answer every call, so that whatever fails was not them. */
  steady?: boolean;
}): Promise<RunningDemoGateway> {
  const { root, dataDir, port, steady = false } = where;
  const providers = steady
    ? demoProviders.map((one) => ({ ...one, traits: { speed: one.traits.speed ?? 1 } }))
    : demoProviders;
  const folder = join(dataDir, 'demo-gateway');
  mkdirSync(folder, { recursive: true });
  const child = spawn(
    process.execPath,
    [...frugal, join(root, 'deploy', 'simulator', 'main.ts'), '--providers', JSON.stringify(providers)],
    // A group of its own: Ctrl-C reaches the script that started it, which stops it after the service.
    { cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: process.platform !== 'win32' },
  );
  let said = '';
  child.stderr?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2_000)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const urls = await new Promise<Record<string, string>>((resolve, reject) => {
    const failed = (): void => reject(new Error(`The demo's LLM providers did not start. They said:\n${said}`));
    const timer = setTimeout(failed, startsWithinMs);
    child.once('exit', failed);
    child.once('message', (message: { urls: Record<string, string> }) => {
      clearTimeout(timer);
      resolve(message.urls);
    });
  });
  return {
    address: `http://127.0.0.1:${port}/v1`,
    environment: settingsOf(urls, port),
    begin: async (service) => {
      const secrets = await secretsOf(service, `http://127.0.0.1:${port}`, join(folder, 'keys.json'));
      const callers = demoApplications.map(({ key, caller }) => ({ ...caller, secret: secrets[key.name] ?? '' }));
      child.send({ gateway: `http://127.0.0.1:${port}`, callers });
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function settingsOf(urls: Readonly<Record<string, string>>, port: number): Record<string, string> {
  const providers = demoProviders.map(({ name, kind, region }) => ({ name, kind, region, url: urls[name] }));
  return {
    AMADEUS_GATEWAY_PORT: String(port),
    AMADEUS_GATEWAY_PROVIDERS: JSON.stringify(providers),
    AMADEUS_GATEWAY_POLICIES: JSON.stringify(demoPolicies),
  };
}

/** Secrets of the applications' keys by name: those of the last start where the gateway still takes them, else new ones. */
async function secretsOf(
  service: { url: string; gatewayKey?: string },
  gateway: string,
  file: string,
): Promise<Record<string, string>> {
  const secrets = kept(file);
  for (const { key } of demoApplications) {
    const secret = secrets[key.name];
    if (secret !== undefined && (await isTaken(gateway, secret))) continue;
    secrets[key.name] = await newSecret(service, key);
  }
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

function kept(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    return {}; // The first start, or a file that was cut off.
  }
}

async function isTaken(gateway: string, secret: string): Promise<boolean> {
  const answer = await fetch(`${gateway}/v1/models`, { headers: { authorization: `Bearer ${secret}` } });
  await answer.body?.cancel();
  return answer.ok;
}

async function newSecret(service: { url: string; gatewayKey?: string }, key: DemoApplication['key']): Promise<string> {
  const answer = await fetch(new URL('/api/gateway/keys', service.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${service.gatewayKey ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify(key),
  });
  if (!answer.ok)
    throw new Error(`The demo's LLM calls do not begin: no key (${answer.status}, ${await answer.text()}).`);
  return ((await answer.json()) as { secret: string }).secret;
}
