import type { FiringRow } from './alert-repository.ts';
import { labelOf, thresholdKey, type Budget } from './budget.ts';
import type { EventRow } from './budget-repository.ts';
import type { BudgetHistory, BudgetStatus, BudgetView } from './contract.ts';
import type { Counted } from './room-left.ts';
import type { StateRow } from './state-repository.ts';

/** A budget as the API shows it. */
export function budgetView(
  budget: Budget,
  state: StateRow | undefined,
  firing: readonly FiringRow[],
  counted: Counted | undefined,
  now: Date,
): BudgetView {
  const { settings } = budget;
  const snooze = state?.snooze && state.snooze.until > now ? state.snooze : undefined;
  return {
    id: budget.id,
    ...settings,
    origin: budget.origin,
    editable: budget.origin !== 'file',
    version: budget.version,
    createdAt: budget.createdAt.toISOString(),
    createdBy: budget.createdBy,
    updatedAt: budget.updatedAt.toISOString(),
    ...(state?.status === undefined ? {} : { status: state.status }),
    ...(state?.evaluatedAt === undefined ? {} : { evaluatedAt: state.evaluatedAt.toISOString() }),
    ...(state?.dataUntil === undefined ? {} : { dataUntil: state.dataUntil }),
    ...(state?.method === undefined ? {} : { method: state.method }),
    notices: state?.notices ?? [],
    firing: firing.map(({ threshold, limit, on, firedAt }) => ({
      threshold: labelOfKey(budget, threshold),
      limit,
      on,
      firedAt: firedAt.toISOString(),
    })),
    ...(snooze === undefined
      ? {}
      : {
          snooze: {
            until: snooze.until.toISOString(),
            reason: snooze.reason,
            by: snooze.by,
            at: snooze.at.toISOString(),
          },
        }),
    ...(counted === undefined
      ? {}
      : {
          counted: {
            settled: counted.settled.toFixed(),
            reserved: counted.reserved.toFixed(),
            left: counted.left.toFixed(),
          },
        }),
  };
}

/** The status of a budget that was looked at, or what is known before. */
export function statusOf(budget: Budget, state: StateRow | undefined, today: string): BudgetStatus {
  const { name, amount, currency } = budget.settings;
  return (
    state?.status ?? {
      id: budget.id,
      name,
      spent: '0',
      amount,
      share: '0',
      state: 'waiting',
      currency,
      windowFrom: today,
      windowTo: today,
    }
  );
}

export function historyEntry(row: EventRow): BudgetHistory['entries'][number] {
  const { at, ...rest } = row;
  return { ...rest, at: at.toISOString() };
}

function labelOfKey({ settings }: Budget, key: string): string {
  const threshold = settings.thresholds.find((each) => thresholdKey(each) === key);
  return threshold ? labelOf(threshold, settings.currency) : key.replaceAll(':', ' ');
}
