// The demo's cluster for `npm start`: a process of its own beside the service, which is told of it as of any cluster, by its
// address, a token and a source of metrics.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { demoNamespace, planOf, sale, type DemoPlan } from '../deploy/sandbox/demo/plan.ts';
import { shopServiceNames } from '../deploy/sandbox/shop.ts';
import type { StartOptions } from './start-options.ts';

export interface RunningDemo {
  url: string;
  plan: DemoPlan;
  /** Settings of the service, as variables. */
  environment: Record<string, string>;
  /** Resolves when it answers. @throws Error with its last words where it does not start. */
  ready: Promise<void>;
  stop(): Promise<void>;
}

const name = 'demo';
const minuteMs = 60_000;
const keptSalesMs = 24 * 60 * minuteMs;
const startsWithinMs = 60_000;

/** Variables that say that somebody brings clusters, metrics or settings of their own. */
const own = [
  'AMADEUS_KUBERNETES_CLUSTERS',
  'PROMETHEUS_URL',
  'AMADEUS_SCALING_WORKLOADS',
  'AMADEUS_HEALING_TARGETS',
  'AMADEUS_FORECASTING_EVENTS',
].flatMap((variable) => [variable, `${variable}_FILE`]);

/** Whether the demo's cluster is wanted: with the generated estate only, and beside nothing of one's own. */
export function wantsDemo(options: StartOptions, environment: NodeJS.ProcessEnv): boolean {
  const hasOwn = own.some((variable) => environment[variable] !== undefined && environment[variable] !== '');
  const isOff = /^(off|false|0|no)$/i.test(environment.AMADEUS_DEMO_CLUSTER ?? '');
  const hasFile = options.config !== undefined || environment.AMADEUS_CONFIG !== undefined;
  const hasEstate = options.estate && !/^(off|false|0|no)$/i.test(environment.AMADEUS_ESTATE_ENABLED ?? '');
  return options.demoCluster && !isOff && !hasOwn && !hasFile && hasEstate && !options.once;
}

/** Starts it and does not wait: the service starts meanwhile, and reaches for it until it answers. */
export function startDemo({ root, dataDir, port }: { root: string; dataDir: string; port: number }): RunningDemo {
  const folder = join(dataDir, 'demo-cluster');
  mkdirSync(folder, { recursive: true });
  const plan = makePlan(folder, existsSync(join(dataDir, 'postgres')), Date.now());
  const child = spawn(
    process.execPath,
    [join(root, 'deploy', 'sandbox', 'demo', 'main.ts'), '--plan', planFile(folder), '--port', String(port)],
    // A group of its own: Ctrl-C reaches the script that started it, which stops it after the service.
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: process.platform !== 'win32' },
  );
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    const failed = (): void => reject(new Error(`The demo's cluster did not start. It said:\n${said.slice(-2_000)}`));
    const timer = setTimeout(failed, startsWithinMs);
    child.once('exit', () => {
      clearTimeout(timer);
      failed();
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        said = (said + data.toString()).slice(-10_000);
        if (!said.includes('at http://')) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
  // Who waits for it hears of a failure; where nobody does yet, it is no crash.
  ready.catch(() => undefined);
  const url = `http://127.0.0.1:${port}`;
  return {
    ...{ url, plan, environment: demoSettings(plan, url, folder), ready },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

const planFile = (folder: string): string => join(folder, 'plan.json');

/** The next plan: sales of the last day stay known, so that what is replayed of the past has them. */
function makePlan(folder: string, isKnown: boolean, now: number): DemoPlan {
  const before = readPlan(folder);
  const earlier = before?.sales.filter((at) => at < now && at > now - keptSalesMs) ?? [];
  // The first start takes minutes more; a forecast ten minutes ahead is to know of it in time.
  const firstSale = Math.ceil((now + (isKnown ? 8 : 11) * minuteMs) / minuteMs) * minuteMs;
  const starts = (before?.starts ?? 0) + 1;
  const plan = planOf(firstSale, { token: randomBytes(24).toString('base64url'), starts: starts - 1, earlier });
  writeFileSync(planFile(folder), JSON.stringify({ ...plan, starts }), { mode: 0o600 });
  writeFileSync(tokenFile(folder), plan.token, { mode: 0o600 });
  return plan;
}

const tokenFile = (folder: string): string => join(folder, 'token');

function readPlan(folder: string): (DemoPlan & { starts: number }) | undefined {
  try {
    return JSON.parse(readFileSync(planFile(folder), 'utf8')) as DemoPlan & { starts: number };
  } catch {
    return undefined; // None yet, or one that was cut off: what it knew of the past is lost, and nothing else.
  }
}

/**
 * What people would write about a cluster of theirs, so that things happen by themselves in it; as variables of the service.
 * `folder` holds the file with the token.
 */
export function demoSettings(plan: DemoPlan, url: string, folder: string): Record<string, string> {
  const workloads = shopServiceNames.map((service) => ({
    workload: `${demoNamespace}/${service}`,
    ...{ mode: 'auto', minReplicas: 2, maxReplicas: 30, latencyLimitMs: 250 },
  }));
  const events = plan.sales.flatMap((at) =>
    shopServiceNames.map((service) => ({
      id: `demo-sale-${at / minuteMs}-${service}`,
      name: 'Flash sale',
      workload: `${demoNamespace}/${service}`,
      startsAt: new Date(at).toISOString(),
      endsAt: new Date(at + sale.minutes * minuteMs).toISOString(),
      ratio: sale.factor,
    })),
  );
  return {
    AMADEUS_KUBERNETES_CLUSTERS: JSON.stringify([{ name, url, tokenFile: tokenFile(folder) }]),
    PROMETHEUS_URL: url,
    AMADEUS_SCALING_WORKLOADS: JSON.stringify(workloads),
    AMADEUS_HEALING_TARGETS: JSON.stringify([{ target: `${name}/${demoNamespace}/*`, mode: 'auto' }]),
    AMADEUS_FORECASTING_EVENTS: JSON.stringify(events),
  };
}

/** What is going to happen, and what just has, for the person at the terminal: in order of time. */
export function demoSchedule({ plan }: Pick<RunningDemo, 'plan'>, now: number): string {
  const next = plan.sales.find((at) => at > now);
  const sales =
    next === undefined ? [] : [{ at: next, text: 'a sale, four times the visits; pods are there before it' }];
  const near = plan.troubles.filter(({ at }) => at > now - sinceMs && at < (next ?? now) + sinceMs);
  const troubles = near.map(({ at, kind, service }) => ({
    at,
    text: `${service} ${at > now ? 'is' : 'was'} released ${kind === 'hungry release' ? 'and needs more memory than it may have' : 'broken'}`,
  }));
  const lines = [...troubles, ...sales].sort((a, b) => a.at - b.at);
  const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;
  return [
    `In the demo's cluster (namespace ${demoNamespace}):`,
    ...lines.map(({ at, text }) => `  ${clock(at)}  ${text}`),
  ].join('\n');
}

/** So long it can be read on the pages as the newest thing that happened. */
const sinceMs = 15 * minuteMs;
