import { randomBytes } from 'node:crypto';
import type { Audit } from '../platform/audit/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import { isUniqueViolation, type Store } from '../platform/store/index.ts';
import { isWithin, problemsOf, tidied, type Budget } from './budget.ts';
import * as repository from './budget-repository.ts';
import type { BudgetInput } from './contract.ts';
import { wakeNotices } from './alert-repository.ts';
import { keepSnooze, lockState } from './state-repository.ts';

const maxBudgets = 500;
const longestSnoozeMs = 90 * 86_400_000;

interface Parts {
  store: Store;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  channels: readonly string[];
}

/** Who acts, and with which request. */
export type Actor = Pick<Caller, 'id' | 'name' | 'scope'> & { traceId?: string };

/** What people do to budgets. What is written, its history and its audit stand or fall together. */
export class BudgetLedger {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws AppError NOT_FOUND, also where the caller may not see it */
  async get(id: string, actor: Pick<Actor, 'scope'>, store: Store = this.#parts.store): Promise<Budget> {
    const budget = await repository.findBudget(store, actor.scope.tenant, id);
    if (!budget || !isWithin(actor.scope, budget.settings))
      throw new AppError('NOT_FOUND', `There is no budget ${id}.`, { help: 'The list stands at /api/budgets.' });
    return budget;
  }

  /** @throws AppError VALIDATION_FAILED, FORBIDDEN, CONFLICT where the name is taken */
  async create(input: BudgetInput, actor: Actor, reason?: string): Promise<Budget> {
    const { store, clock } = this.#parts;
    const settings = this.#checked(input, actor);
    const { tenant } = actor.scope;
    const id = `b-${randomBytes(6).toString('hex')}`;
    await store.transaction(async (tx) => {
      if ((await repository.countBudgets(tx, tenant)) >= maxBudgets)
        throw new AppError('UNPROCESSABLE', `There are ${maxBudgets} budgets already; delete one first.`);
      const by = { id: actor.id, name: actor.name };
      const at = clock.now();
      await naming(settings, () => repository.insertBudget(tx, { tenant, id, settings, origin: 'api', by, at }));
      await this.#record(tx, { tenant, id }, actor, {
        kind: 'created',
        text: `Created by ${actor.name}.`,
        after: settings,
        ...(reason ? { reason } : {}),
      });
    });
    return this.get(id, actor);
  }

  /** @throws AppError VALIDATION_FAILED, FORBIDDEN, NOT_FOUND, CONFLICT */
  async change(id: string, input: BudgetInput, version: number, actor: Actor, reason?: string): Promise<Budget> {
    const { store, clock } = this.#parts;
    const seen = this.#editable(await this.get(id, actor));
    const settings = this.#checked(input, actor);
    if (seen.version !== version) throw changedMeanwhile(seen);
    await store.transaction(async (tx) => {
      if (!(await naming(settings, () => repository.updateBudget(tx, seen, settings, clock.now()))))
        throw changedMeanwhile(seen);
      await this.#record(tx, seen, actor, {
        kind: 'changed',
        text: `Changed by ${actor.name}.`,
        before: seen.settings,
        after: settings,
        ...(reason ? { reason } : {}),
      });
    });
    return this.get(id, actor);
  }

  /** @throws AppError NOT_FOUND, CONFLICT */
  async remove(id: string, actor: Actor, reason?: string): Promise<void> {
    const { store, clock } = this.#parts;
    const seen = this.#editable(await this.get(id, actor));
    await store.transaction(async (tx) => {
      if (!(await repository.deleteBudget(tx, seen, clock.now()))) throw changedMeanwhile(seen);
      await this.#record(tx, seen, actor, {
        kind: 'deleted',
        text: `Deleted by ${actor.name}.`,
        before: seen.settings,
        ...(reason ? { reason } : {}),
      });
    });
  }

  /** Nobody is told anything of the budget until then; it is looked at all the same. @throws AppError VALIDATION_FAILED */
  async snooze(id: string, until: Date, actor: Actor, reason: string): Promise<void> {
    const { store, clock } = this.#parts;
    const budget = await this.get(id, actor);
    const now = clock.now();
    if (until <= now || until.getTime() - now.getTime() > longestSnoozeMs)
      throw new AppError('VALIDATION_FAILED', '`until` must lie in the next 90 days.');
    await store.transaction(async (tx) => {
      const { snooze: before } = await lockState(tx, budget);
      await keepSnooze(tx, budget, { until, reason, by: { id: actor.id, name: actor.name }, at: now });
      await this.#record(tx, budget, actor, {
        kind: 'snoozed',
        text: `Snoozed by ${actor.name} until ${until.toISOString()}.`,
        reason,
        before: { until: before && before.until > now ? before.until : null },
        after: { until },
      });
    });
  }

  /** People are told again, also of what was kept back. @throws AppError CONFLICT where it is not snoozed */
  async release(id: string, actor: Actor, reason: string): Promise<void> {
    const { store, clock } = this.#parts;
    const budget = await this.get(id, actor);
    const now = clock.now();
    await store.transaction(async (tx) => {
      const { snooze } = await lockState(tx, budget);
      if (!snooze || snooze.until <= now)
        throw new AppError('CONFLICT', 'The budget is not snoozed; there is nothing to release.');
      await keepSnooze(tx, budget, undefined);
      await wakeNotices(tx, budget, now);
      await this.#record(tx, budget, actor, {
        kind: 'released',
        text: `Released by ${actor.name}.`,
        reason,
        before: { until: snooze.until, reason: snooze.reason },
        after: { until: null },
      });
    });
  }

  async tested(budget: Budget, actor: Actor, channels: readonly { channel: string; ok: boolean }[]): Promise<void> {
    await this.#parts.store.transaction((tx) =>
      this.#record(tx, budget, actor, {
        kind: 'tested',
        text: `${actor.name} sent a test to ${channels.map(({ channel }) => channel).join(', ')}.`,
        after: { deliveries: channels },
      }),
    );
  }

  /** @throws AppError with everything that is wrong */
  #checked(input: BudgetInput, actor: Actor): BudgetInput {
    const problems = problemsOf(input, this.#parts.channels);
    if (problems.length > 0) throw new AppError('VALIDATION_FAILED', `Correct: ${problems.join('; ')}.`);
    const settings = tidied(input);
    if (settings.name === '') throw new AppError('VALIDATION_FAILED', 'Correct: name must not be empty.');
    if (!isWithin(actor.scope, settings))
      throw new AppError('FORBIDDEN', 'The budget would count costs that you may not see.', {
        help: 'Add filters on x_Team and x_Product, and `regions`, that name only yours; GET /api/me shows them.',
      });
    return settings;
  }

  #editable(budget: Budget): Budget {
    if (budget.origin !== 'file') return budget;
    throw new AppError('CONFLICT', `Budget ${budget.id} is kept in the configuration and is read-only here.`, {
      help: 'Change it under `budgets` in the configuration file and start the service again.',
    });
  }

  async #record(
    tx: Store,
    { tenant, id }: { tenant: string; id: string },
    actor: Actor,
    event: Omit<repository.BudgetEvent, 'at' | 'by'>,
  ): Promise<void> {
    const by = { id: actor.id, name: actor.name };
    await repository.insertEvent(tx, { tenant, id }, { ...event, at: this.#parts.clock.now(), by });
    await this.#parts.audit.record(
      {
        tenant,
        actor: by,
        action: `budget.${event.kind}`,
        target: `budget:${id}`,
        ...(event.reason === undefined ? {} : { reason: event.reason }),
        ...(event.before === undefined ? {} : { before: event.before }),
        ...(event.after === undefined ? {} : { after: event.after }),
        ...(actor.traceId === undefined ? {} : { traceId: actor.traceId }),
      },
      tx,
    );
  }
}

function changedMeanwhile({ id }: Budget): AppError {
  return new AppError('CONFLICT', `Budget ${id} was changed by someone else meanwhile.`);
}

/** Names are unique within a tenant, by an index. */
async function naming<T>(settings: BudgetInput, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('CONFLICT', `There is a budget ${JSON.stringify(settings.name)} already; choose another name.`);
  }
}
