import Type from 'typebox';
import { AppError } from '../errors/index.ts';
import type { App } from './app.ts';

/** Resolves with true where the part can be used. A check that throws or takes over two seconds counts as away. */
export type ReadinessCheck = () => Promise<boolean>;

const checkTimeoutMs = 2_000;
const probePaths: ReadonlySet<string> = new Set(['/api/healthz', '/api/readyz', '/metrics']);

/** Whether a route only watches the service: it is never limited, shed or logged at info. */
export function isProbe(url: string | undefined): boolean {
  return url !== undefined && probePaths.has(url);
}

const Health = Type.Object(
  { status: Type.Literal('ok'), version: Type.String() },
  { examples: [{ status: 'ok', version: '0.1.0' }] },
);
const Part = Type.Union([Type.Literal('ok'), Type.Literal('away')]);
const Readiness = Type.Object(
  { status: Type.Literal('ready'), checks: Type.Record(Type.String(), Part) },
  { examples: [{ status: 'ready', checks: { warehouse: 'ok', store: 'ok', queue: 'ok' } }] },
);

/** `/api/healthz`: the process lives. `/api/readyz`: it can serve, and if not, which part is away. */
export function registerProbes(app: App, version: string, checks: Readonly<Record<string, ReadinessCheck>>): void {
  const config = { permission: 'public', rateLimit: false } as const;
  app.get(
    '/api/healthz',
    { config, schema: { summary: 'Whether the process lives', tags: ['service'], response: { 200: Health } } },
    () => ({ status: 'ok' as const, version }),
  );
  // One round of checks at a time: anyone may call this, and each round asks every store.
  let round: Promise<Record<string, 'ok' | 'away'>> | undefined;
  app.get(
    '/api/readyz',
    { config, schema: { summary: 'Whether the service can answer', tags: ['service'], response: { 200: Readiness } } },
    async () => {
      round ??= checkAll(checks).finally(() => (round = undefined));
      const states = await round;
      const away = Object.keys(states).filter((name) => states[name] === 'away');
      if (away.length === 0) return { status: 'ready' as const, checks: states };
      throw new AppError('UNAVAILABLE', `Away: ${away.join(', ')}.`, { extra: { checks: states } });
    },
  );
}

async function checkAll(checks: Readonly<Record<string, ReadinessCheck>>): Promise<Record<string, 'ok' | 'away'>> {
  const states = Object.entries(checks).map(async ([name, check]) => {
    const ok = await within(checkTimeoutMs, check).catch(() => false);
    return [name, ok ? 'ok' : 'away'] as const;
  });
  return Object.fromEntries(await Promise.all(states));
}

async function within(ms: number, check: ReadinessCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}
