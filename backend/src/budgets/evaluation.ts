import { createHash } from 'node:crypto';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Notification } from '../platform/notify/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Store } from '../platform/store/index.ts';
import * as alerts from './alert-repository.ts';
import { alertSteps, type AlertStep } from './alerting.ts';
import { assess, assessPast, daysBefore, type Assessment, type PassedThreshold } from './assessment.ts';
import { firedNotification, resolvedNotification } from './budget-notification.ts';
import { findBudget, insertEvent, listBudgets } from './budget-repository.ts';
import { tagOf, type Budget } from './budget.ts';
import { lengthOf, windowOf } from './budget-window.ts';
import type { Notice } from './contract.ts';
import { dailySpend, type Rates } from './daily-spend.ts';
import type { BudgetPorts } from './ports.ts';
import { ratesInSpan } from './rates.ts';
import { listBills, readSpend, type BillsRow, type SpendRow } from './spend-repository.ts';
import { insertSnapshot, keepFailure, keepState, lockState, pruneSnapshots, touchState } from './state-repository.ts';
import { addDays, dayOf, startOfDay, type Day } from './zoned-day.ts';

type Ground = Pick<Platform, 'clock' | 'config' | 'store' | 'telemetry' | 'warehouse' | 'notifier'>;

const keptDays = 400;
const shownDrivers = 3;

/** Everything of a budget, as the system sees it: what may be seen of it is decided by who may see the budget. */
export function scopeOf({ tenant, settings }: Budget): Scope {
  return { tenant, regions: settings.regions ?? 'all', teams: 'all', products: 'all' };
}

/** Looks at budgets: what was spent, where it leads to, and which thresholds that passes. */
export class Evaluation {
  readonly #ground: Ground;
  readonly #ports: BudgetPorts;

  constructor(ground: Ground, ports: BudgetPorts) {
    this.#ground = ground;
    this.#ports = ports;
  }

  /** Every budget of every tenant. One that fails is told of in the log and does not hold up the others. */
  async all(signal?: AbortSignal): Promise<void> {
    const { store, clock } = this.#ground;
    const bills = new Map<string, BillsRow[]>();
    for (const budget of await listBudgets(store)) {
      if (signal?.aborted) return;
      await this.look(budget, bills, signal);
    }
    const before = new Date(clock.now().getTime() - keptDays * 86_400_000);
    await pruneSnapshots(store, before);
    await alerts.pruneNotices(store, before);
  }

  /** One budget; what keeps it from being evaluated stands in the log and beside its last figures until it is mended. */
  async look(budget: Budget, known?: Map<string, BillsRow[]>, signal?: AbortSignal): Promise<void> {
    const { store, telemetry, clock } = this.#ground;
    try {
      await this.one(budget, known, signal);
    } catch (error) {
      if (signal?.aborted) return;
      const about = { tenant: budget.tenant, budget: budget.id };
      telemetry.log.warn({ err: error, ...about }, 'A budget could not be evaluated');
      await keepFailure(store, budget, failureNotice(error, clock.now())).catch((cause: unknown) =>
        telemetry.log.warn({ err: cause, ...about }, 'That could not be noted'),
      );
    }
  }

  /**
   * One budget. Where neither its bills nor the day nor the budget itself have changed since, nothing is read.
   * @param known bills by scope, for many budgets of one turn
   */
  async one(budget: Budget, known = new Map<string, BillsRow[]>(), signal?: AbortSignal): Promise<void> {
    const { store, clock } = this.#ground;
    const now = clock.now();
    const bills = await this.#bills(budget, known, signal);
    const today = dayOf(now.getTime(), budget.settings.timeZone);
    const fingerprint = fingerprintOf(budget, bills, today);
    if (await this.#isUnchanged(budget, fingerprint, now)) return;
    const assessment = assess(
      budget,
      await this.#spend(budget, bills, today, { ...(signal ? { signal } : {}) }),
      today,
    );
    const windowFrom = budget.settings.window.kind === 'rolling' ? 'rolling' : assessment.window.from;
    const steps = async (tx: Store) =>
      alertSteps(
        assessment.thresholds,
        await alerts.listAlerts(tx, budget, windowFrom),
        windowFrom,
        now,
        budget.settings.cooldownMinutes,
      );
    // Asked before the transaction, which should not wait for the warehouse.
    const fires = (await steps(store)).some((step) => step.kind === 'fire' && !step.quietly);
    const drivers = fires ? await this.drivers(budget, assessment, signal) : [];
    await store.transaction(async (tx) => {
      const state = await lockState(tx, budget);
      if ((await findBudget(tx, budget.tenant, budget.id))?.version !== budget.version) return;
      const cooling = await this.#apply(tx, { budget, assessment, windowFrom, drivers, now }, await steps(tx));
      if (!sameFigures(state.status, assessment.status)) await insertSnapshot(tx, budget, assessment.status, now);
      if (state.status?.state !== assessment.status.state)
        await insertEvent(tx, budget, {
          kind: 'state',
          at: now,
          text: `It was ${state.status?.state ?? 'waiting'} and is ${assessment.status.state}.`,
        });
      await keepState(tx, budget, {
        // While a threshold cools down or a rate is missing, the next turn has to look again although no bill has changed.
        fingerprint: cooling || assessment.notices.some(({ severity }) => severity === 'warning') ? '' : fingerprint,
        evaluatedAt: now,
        status: assessment.status,
        method: assessment.method,
        notices: assessment.notices,
        ...(assessment.dataUntil === undefined ? {} : { dataUntil: assessment.dataUntil }),
      });
    });
  }

  /** The curve of a window: of the present one with its forecast, or of the one that `day` lies in. */
  async curve(budget: Budget, day: Day | undefined, signal?: AbortSignal): Promise<Assessment> {
    const zone = budget.settings.timeZone;
    const today = dayOf(this.#ground.clock.now().getTime(), zone);
    const bills = await this.#bills(budget, new Map(), signal);
    const options = { cached: true, ...(signal ? { signal } : {}) };
    if (day !== undefined && day > today)
      throw new AppError('VALIDATION_FAILED', `\`at\` lies in the future; today is ${today} in ${zone}.`);
    const past = day === undefined ? undefined : windowOf(budget.settings.window, day).to;
    if (past === undefined || past >= today)
      return assess(budget, await this.#spend(budget, bills, today, options), today);
    return assessPast(budget, await this.#spend(budget, bills, past, options), past);
  }

  /** The services that cost most in the window; none for budgets by tag, whose roll-ups know no tags. */
  async drivers(
    budget: Budget,
    { window, horizon }: Pick<Assessment, 'window' | 'horizon'>,
    signal?: AbortSignal,
  ): Promise<{ service: string; cost: string }[]> {
    const { settings } = budget;
    if (settings.filters.some(({ dimension }) => tagOf(dimension) !== undefined)) return [];
    const last = window.to < horizon ? window.to : horizon;
    const to = Math.min(
      startOfDay(addDays(last, 1), settings.timeZone),
      this.#ground.clock.now().getTime() + 3_600_000,
    );
    if (signal?.aborted) return [];
    const { rows } = await this.#ports.cost.summary(
      {
        metric: settings.metric,
        dims: ['ServiceName'],
        from: new Date(startOfDay(window.from, settings.timeZone)),
        to: new Date(to),
        granularity: 'total',
        filters: settings.filters.map(({ dimension, values }) => ({ dim: dimension, values })),
        currency: settings.currency,
        limit: shownDrivers,
      },
      scopeOf(budget),
    );
    return rows.filter(({ other }) => !other).map(({ keys, cost }) => ({ service: keys['ServiceName'] ?? '', cost }));
  }

  async #bills(budget: Budget, known: Map<string, BillsRow[]>, signal?: AbortSignal): Promise<BillsRow[]> {
    const scope = scopeOf(budget);
    const key = JSON.stringify([scope.tenant, scope.regions]);
    const bills = known.get(key) ?? (await listBills(this.#ground.warehouse, scope, signal));
    known.set(key, bills);
    return bills;
  }

  async #spend(
    budget: Budget,
    bills: readonly BillsRow[],
    day: Day,
    options: { signal?: AbortSignal; cached?: boolean },
  ) {
    const { warehouse, clock } = this.#ground;
    const { settings } = budget;
    const window = windowOf(settings.window, day);
    // A rolling window needs the days before it: its total on each of them is shown.
    const before = settings.window.kind === 'rolling' ? lengthOf(window) + daysBefore : daysBefore;
    const span = { from: addDays(window.from, -before), to: window.to > day ? window.to : day };
    const rows = await readSpend(warehouse, settings, span, scopeOf(budget), options);
    const rates = await this.#rates(budget, rows, span);
    return dailySpend(rows, bills, settings, clock.now(), rates);
  }

  async #rates(budget: Budget, rows: readonly SpendRow[], span: { from: Day; to: Day }): Promise<Map<string, Rates>> {
    const own = budget.settings.currency;
    const { prices } = this.#ports;
    const rates = new Map<string, Rates>();
    if (prices === undefined) return rates;
    for (const currency of new Set(rows.map((row) => row.currency)))
      if (currency !== own) rates.set(currency, await ratesInSpan(prices, [currency, own], span, budget.tenant));
    return rates;
  }

  async #isUnchanged(budget: Budget, fingerprint: string, now: Date): Promise<boolean> {
    const { store } = this.#ground;
    const same = await store.transaction(async (tx) => (await lockState(tx, budget)).fingerprint === fingerprint);
    if (same) await touchState(store, budget, now);
    return same;
  }

  /** Writes what happened to the alerts, and what people are to be told. True where a threshold is passed and cools down. */
  async #apply(
    tx: Store,
    context: {
      budget: Budget;
      assessment: Assessment;
      windowFrom: string;
      drivers: readonly { service: string; cost: string }[];
      now: Date;
    },
    steps: readonly AlertStep[],
  ): Promise<boolean> {
    const { budget, assessment, windowFrom, now } = context;
    for (const step of steps) {
      if (step.kind === 'resolve') {
        await alerts.resolveAlert(tx, step.alert.id, now);
        await this.#note(tx, context, 'resolved', `${step.alert.threshold.replaceAll(':', ' ')}: ${step.why}.`);
        await this.#tell(tx, context, step.alert.id, resolvedNotification(this.#about(context), step.alert, step.why));
      } else {
        const id = await alerts.fireAlert(tx, budget, step.threshold, windowFrom, now);
        await this.#note(tx, context, 'fired', firedText(step.threshold, budget.settings.currency));
        if (step.quietly)
          await this.#note(tx, context, 'dropped', `${step.threshold.label}: a higher threshold was passed at once.`);
        else
          await this.#tell(
            tx,
            context,
            id,
            firedNotification(this.#about(context), step.threshold, windowFrom, context.drivers),
          );
      }
    }
    const firing = new Set(
      (await alerts.listAlerts(tx, budget, windowFrom))
        .filter(({ firing }) => firing)
        .map(({ threshold }) => threshold),
    );
    return assessment.thresholds.some(({ passed, key }) => passed && !firing.has(key));
  }

  #about({ budget, assessment }: { budget: Budget; assessment: Assessment }) {
    const { publicUrl } = this.#ground.config.http;
    return { budget, assessment, ...(publicUrl === undefined ? {} : { publicUrl }) };
  }

  async #note(tx: Store, { budget, now }: { budget: Budget; now: Date }, kind: string, text: string): Promise<void> {
    await insertEvent(tx, budget, { kind, text, at: now });
  }

  async #tell(
    tx: Store,
    { budget, now }: { budget: Budget; now: Date },
    alertId: string,
    notification: Notification,
  ): Promise<void> {
    const channels = budget.settings.channels ?? this.#ground.notifier.channels;
    await alerts.insertNotice(tx, budget, alertId, notification, channels, now);
  }
}

function failureNotice(error: unknown, at: Date): Notice {
  const why = isAppError(error)
    ? `${error.message} ${error.help}`
    : 'Something unexpected happened; what it was stands in the log of the service.';
  return { severity: 'warning', text: `It could not be evaluated at ${at.toISOString()}: ${why}` };
}

function firedText({ label, limit, value }: PassedThreshold, currency: string): string {
  return `${label}: ${value?.toDecimalPlaces(2).toFixed() ?? ''} of ${limit.toDecimalPlaces(2).toFixed()} ${currency}.`;
}

/** Names what an evaluation depends on. */
function fingerprintOf(budget: Budget, bills: readonly BillsRow[], today: Day): string {
  return createHash('sha256')
    .update(JSON.stringify([budget.version, today, bills.map(({ source, mark }) => [source, mark])]))
    .digest('hex');
}

function sameFigures(one: Assessment['status'] | undefined, other: Assessment['status']): boolean {
  return (
    one !== undefined &&
    one.spent === other.spent &&
    one.forecast === other.forecast &&
    one.state === other.state &&
    one.amount === other.amount &&
    one.windowFrom === other.windowFrom
  );
}
