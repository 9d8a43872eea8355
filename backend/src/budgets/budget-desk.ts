import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Delivery } from '../platform/notify/index.ts';
import type { Platform } from '../platform/platform.ts';
import { listFiring } from './alert-repository.ts';
import { labelOf, isWithin } from './budget.ts';
import { BudgetLedger, type Actor } from './budget-ledger.ts';
import { testNotifications } from './budget-notification.ts';
import { listBudgets, listEvents } from './budget-repository.ts';
import { budgetView, historyEntry, statusOf } from './budget-views.ts';
import type { BudgetHistory, BudgetInput, BudgetStatus, BudgetView, BurnDown } from './contract.ts';
import type { Evaluation } from './evaluation.ts';
import type { Messenger } from './messenger.ts';
import type { SpendCounters } from './spend-counters.ts';
import { listSnapshots, listStates } from './state-repository.ts';
import { dayOf } from './zoned-day.ts';

type Ground = Pick<Platform, 'clock' | 'config' | 'store' | 'notifier' | 'telemetry' | 'audit'>;

/** What people and other rooms ask of budgets, narrowed to what they may see. */
export class BudgetDesk {
  readonly #ground: Ground;
  readonly #ledger: BudgetLedger;
  readonly #evaluation: Evaluation;
  readonly #messenger: Messenger;
  readonly #counters: SpendCounters;

  constructor(ground: Ground, parts: { evaluation: Evaluation; messenger: Messenger; counters: SpendCounters }) {
    const { store, clock, audit, notifier } = ground;
    this.#ground = ground;
    this.#ledger = new BudgetLedger({ store, clock, audit, channels: notifier.channels });
    this.#evaluation = parts.evaluation;
    this.#messenger = parts.messenger;
    this.#counters = parts.counters;
  }

  get channels(): readonly string[] {
    return this.#ground.notifier.channels;
  }

  async list(scope: Scope): Promise<BudgetView[]> {
    const { store, clock } = this.#ground;
    const budgets = (await listBudgets(store, scope.tenant)).filter(({ settings }) => isWithin(scope, settings));
    const states = await listStates(store, scope.tenant);
    const firing = await listFiring(store, scope.tenant);
    return Promise.all(
      budgets.map(async (budget) =>
        budgetView(
          budget,
          states.get(budget.id),
          firing.filter(({ budgetId }) => budgetId === budget.id),
          budget.settings.enforcement === 'none' ? undefined : await this.#counters.counted(budget),
          clock.now(),
        ),
      ),
    );
  }

  async get(id: string, scope: Scope): Promise<BudgetView> {
    await this.#ledger.get(id, { scope });
    const view = (await this.list(scope)).find((budget) => budget.id === id);
    if (view === undefined) throw new AppError('NOT_FOUND', `There is no budget ${id}.`);
    return view;
  }

  async status(scope: Scope, ids?: readonly string[]): Promise<BudgetStatus[]> {
    const { store, clock } = this.#ground;
    const states = await listStates(store, scope.tenant);
    return (await listBudgets(store, scope.tenant))
      .filter(({ id, settings }) => isWithin(scope, settings) && (ids === undefined || ids.includes(id)))
      .map((budget) => statusOf(budget, states.get(budget.id), dayOf(clock.now().getTime(), budget.settings.timeZone)));
  }

  async create(input: BudgetInput, actor: Actor, reason?: string): Promise<BudgetView> {
    const budget = await this.#ledger.create(input, actor, reason);
    await this.#evaluation.look(budget);
    return this.get(budget.id, actor.scope);
  }

  async change(id: string, input: BudgetInput, version: number, actor: Actor, reason?: string): Promise<BudgetView> {
    const budget = await this.#ledger.change(id, input, version, actor, reason);
    await this.#evaluation.look(budget);
    return this.get(id, actor.scope);
  }

  async remove(id: string, actor: Actor, reason?: string): Promise<void> {
    await this.#ledger.remove(id, actor, reason);
  }

  async snooze(id: string, until: Date, actor: Actor, reason: string): Promise<BudgetView> {
    await this.#ledger.snooze(id, until, actor, reason);
    return this.get(id, actor.scope);
  }

  async release(id: string, actor: Actor, reason: string): Promise<BudgetView> {
    await this.#ledger.release(id, actor, reason);
    await this.#messenger.send();
    return this.get(id, actor.scope);
  }

  async burnDown(id: string, at: string | undefined, scope: Scope, signal?: AbortSignal): Promise<BurnDown> {
    const budget = await this.#ledger.get(id, { scope });
    const { settings } = budget;
    const curve = await this.#evaluation.curve(budget, at, signal);
    return {
      id,
      name: settings.name,
      currency: settings.currency,
      metric: settings.metric,
      amount: settings.amount,
      from: curve.window.from,
      to: curve.horizon,
      timeZone: settings.timeZone,
      days: curve.days,
      thresholds: curve.thresholds.map(({ threshold, limit, passed }) => ({
        label: labelOf(threshold, settings.currency),
        limit: limit.toFixed(),
        on: threshold.on,
        passed,
      })),
      status: curve.status,
      method: curve.method,
      ...(curve.dataUntil === undefined ? {} : { dataUntil: curve.dataUntil }),
      drivers: await this.#evaluation.drivers(budget, curve, signal),
      notices: curve.notices,
    };
  }

  async history(id: string, before: number | undefined, limit: number, scope: Scope): Promise<BudgetHistory> {
    const { store } = this.#ground;
    const budget = await this.#ledger.get(id, { scope });
    const events = await listEvents(store, budget, before, limit + 1);
    const shown = events.slice(0, limit);
    const last = shown.at(-1);
    return {
      entries: shown.map(historyEntry),
      snapshots: before === undefined ? await listSnapshots(store, budget) : [],
      ...(events.length > limit && last ? { next: last.id } : {}),
    };
  }

  /** Sends a test to those whom the budget tells. @throws AppError UNPROCESSABLE where it names nobody */
  async testAlert(id: string, actor: Actor): Promise<Delivery[]> {
    const budget = await this.#ledger.get(id, actor);
    const channels = budget.settings.channels ?? this.channels;
    if (channels.length === 0)
      throw new AppError('UNPROCESSABLE', 'The budget tells nobody.', {
        help: 'Name channels in the budget, or configure one under `notify.channels`.',
      });
    const [open, close] = testNotifications(budget, actor.name, this.#ground.config.http.publicUrl);
    const deliveries = await this.#ground.notifier.send(open, channels);
    const reached = deliveries.filter(({ ok }) => ok).map(({ channel }) => channel);
    if (reached.length > 0) await this.#ground.notifier.send(close, reached);
    await this.#ledger.tested(
      budget,
      actor,
      deliveries.map(({ channel, ok }) => ({ channel, ok })),
    );
    return deliveries;
  }
}
