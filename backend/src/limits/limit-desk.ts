import { randomBytes } from 'node:crypto';
import { AppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { isUniqueViolation } from '../platform/store/index.ts';
import type { LimitView, SetLimit } from './contract.ts';
import {
  calendarWindow,
  counterName,
  limitKinds,
  limitProblem,
  rollingMark,
  rollingParts,
  windowsOf,
  type LimitKind,
  type LimitSettings,
} from './limit.ts';
import {
  deleteLimit,
  findLimit,
  insertLimit,
  listLimits,
  listUse,
  updateLimit,
  type KeptLimit,
} from './limit-repository.ts';

/** Who makes or changes a limit. */
export interface LimitWriter {
  caller: Caller;
  traceId: string;
}

const mostLimits = 500;
const mostShown = 50;

/** Where people set limits. */
export class LimitDesk {
  readonly #platform: Pick<Platform, 'store' | 'audit' | 'clock' | 'config'>;

  constructor(platform: Pick<Platform, 'store' | 'audit' | 'clock' | 'config'>) {
    this.#platform = platform;
  }

  /** @returns limits within the scope, by name, those of the configuration among them, and who uses them now */
  async list(scope: Scope): Promise<LimitView[]> {
    const { store, clock, config } = this.#platform;
    const kept = await listLimits(store, scope.tenant);
    const fixed = config.gateway.limits.map((settings) => ({ id: `file:${settings.name}`, settings }));
    const now = clock.now().getTime();
    const starts = new Set(
      [...kept, ...fixed].flatMap(({ settings }) =>
        limitKinds.map((kind) => calendarWindow(kind, windowsOf(settings).timeZone, now).start),
      ),
    );
    const since = new Date(rollingParts('requestsPerDay', now).since);
    const rows = await listUse(
      store,
      scope.tenant,
      [...starts].map((start) => new Date(start)),
      since,
    );
    const used = rows.map(({ counter, start, used }) => ({
      counter,
      start: start.getTime(),
      count: Number(used),
      now,
    }));
    return [
      ...fixed.map(({ id, settings }) => ({
        id,
        ...settings,
        origin: 'file' as const,
        use: useOf(id, settings, used, scope),
      })),
      ...kept.map((limit) => shown(limit, useOf(limit.id, limit.settings, used, scope))),
    ].filter((limit) => isWithin(limit, scope));
  }

  /** @throws AppError VALIDATION_FAILED; FORBIDDEN outside of the scope; CONFLICT where the name is taken */
  async create(asked: SetLimit, { caller, traceId }: LimitWriter): Promise<LimitView> {
    const { store, audit, clock } = this.#platform;
    check(asked, caller.scope);
    const { tenant } = caller.scope;
    const id = `gl_${randomBytes(8).toString('hex')}`;
    const limit: KeptLimit = { tenant, id, settings: asked, createdBy: caller.name, createdAt: clock.now() };
    return named(asked, () =>
      store.transaction(async (tx) => {
        if ((await listLimits(tx, tenant)).length >= mostLimits)
          throw new AppError('CONFLICT', `There are ${mostLimits} limits already; delete one first.`);
        await insertLimit(tx, limit);
        const after = shown(limit, []);
        await audit.record(
          { tenant, actor: caller, traceId, action: 'gateway-limit.create', target: `gateway-limit:${id}`, after },
          tx,
        );
        return after;
      }),
    );
  }

  /** @throws AppError NOT_FOUND; VALIDATION_FAILED; FORBIDDEN outside of the scope; CONFLICT where the name is taken */
  async change(id: string, asked: SetLimit, { caller, traceId }: LimitWriter): Promise<LimitView> {
    const { store, audit } = this.#platform;
    check(asked, caller.scope);
    const { tenant } = caller.scope;
    return named(asked, () =>
      store.transaction(async (tx) => {
        const limit = found(await findLimit(tx, tenant, id), id, caller.scope);
        await updateLimit(tx, tenant, id, asked);
        const [before, after] = [shown(limit, []), shown({ ...limit, settings: asked }, [])];
        await audit.record(
          {
            tenant,
            actor: caller,
            traceId,
            action: 'gateway-limit.change',
            target: `gateway-limit:${id}`,
            before,
            after,
          },
          tx,
        );
        return after;
      }),
    );
  }

  /** @throws AppError NOT_FOUND where the caller sees no such limit */
  async remove(id: string, { caller, traceId }: LimitWriter): Promise<LimitView> {
    const { store, audit } = this.#platform;
    const { tenant } = caller.scope;
    return store.transaction(async (tx) => {
      const before = shown(found(await findLimit(tx, tenant, id), id, caller.scope), []);
      await deleteLimit(tx, tenant, id);
      await audit.record(
        { tenant, actor: caller, traceId, action: 'gateway-limit.delete', target: `gateway-limit:${id}`, before },
        tx,
      );
      return before;
    });
  }
}

function check(asked: SetLimit, scope: Scope): void {
  const problem = limitProblem(asked);
  if (problem !== undefined) throw new AppError('VALIDATION_FAILED', `Correct: ${problem}.`);
  if (!isWithin(asked, scope))
    throw new AppError('FORBIDDEN', 'You may set limits for the teams and products that you see: name them in `only`.');
}

function found(limit: KeptLimit | undefined, id: string, scope: Scope): KeptLimit {
  if (!limit || !isWithin(limit.settings, scope)) throw new AppError('NOT_FOUND', `There is no limit ${id}.`);
  return limit;
}

async function named<T>({ name }: SetLimit, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error, 'gateway_limit_name_once'))
      throw new AppError('CONFLICT', `There is a limit ${JSON.stringify(name)} already; choose another name.`);
    throw error;
  }
}

/** Whoever is limited to teams or products sees limits of these alone; keys and customers may be of any. */
function isWithin({ per, only }: Pick<LimitSettings, 'per' | 'only'>, scope: Scope): boolean {
  const seen = (list: readonly string[] | 'all', dimension: LimitSettings['per']): boolean =>
    list === 'all' || (per === dimension && only !== undefined && only.every((value) => list.includes(value)));
  return scope.regions === 'all' && seen(scope.teams, 'team') && seen(scope.products, 'product');
}

interface Used {
  counter: string;
  start: number;
  count: number;
  now: number;
}

function useOf(id: string, settings: LimitSettings, used: readonly Used[], scope: Scope): LimitView['use'] {
  if (!isWithin(settings, scope)) return [];
  const { isRolling, timeZone } = windowsOf(settings);
  const values = new Map<string, LimitView['use'][number]>();
  for (const { counter, start, count, now } of used) {
    const [limit, told, value] = JSON.parse(counter) as [string, string, string];
    const kind = told.replace(rollingMark, '') as LimitKind;
    if (limit !== id || settings[kind] === undefined || counterName(limit, value, kind, isRolling) !== counter)
      continue;
    const counts = isRolling
      ? start >= rollingParts(kind, now).since
      : start === calendarWindow(kind, timeZone, now).start;
    if (!counts || (values.size >= mostShown && !values.has(value))) continue;
    const before = values.get(value);
    values.set(value, { ...before, value, [kind]: (before?.[kind] ?? 0) + count });
  }
  return [...values.values()];
}

function shown({ id, settings, createdBy, createdAt }: KeptLimit, use: LimitView['use']): LimitView {
  return { id, ...settings, origin: 'api', createdBy, createdAt: createdAt.toISOString(), use };
}
