import type { BudgetSettings } from '../platform/config/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { AllotmentLedger } from './allotment-ledger.ts';
import { BudgetDesk } from './budget-desk.ts';
import type { Budgets } from './doors.ts';
import { Evaluation } from './evaluation.ts';
import { Messenger } from './messenger.ts';
import type { BudgetPorts } from './ports.ts';
import { keepProvisioned } from './provisioned-budgets.ts';
import { budgetRoutes } from './routes.ts';
import { SpendCounters } from './spend-counters.ts';

export { addDays, canonicalZone, dayOf, startOfDay } from './zoned-day.ts';
export type { BudgetStatus } from './contract.ts';
export type { BudgetLedger, Budgets, Held, LedgerRemains, NoRoom, Reserved, ReserveRequest, Settled } from './doors.ts';

const evaluateEveryMs = 5 * 60_000;
const sendEveryMs = 30_000;
const expireEveryMs = 10_000;

export interface BudgetRoomPorts extends BudgetPorts {
  /** Budgets that are created once, e.g. with the generated estate, and then belong to people. */
  samples?: readonly BudgetSettings[];
}

/** The room that says who will overspend, tells people in time, and counts what gateways spend. */
export function createBudgetsRoom(platform: Platform, ports: BudgetRoomPorts): Room & { budgets: Budgets } {
  const evaluation = new Evaluation(platform, ports);
  const messenger = new Messenger(platform);
  const { store, clock } = platform;
  const counting = { store, clock, ...(ports.prices ? { prices: ports.prices } : {}) };
  const counters = new SpendCounters(counting);
  const desk = new BudgetDesk(platform, { evaluation, messenger, counters });
  const evaluate = async (signal?: AbortSignal): Promise<void> => {
    await evaluation.all(signal);
    await messenger.send(signal);
  };
  return {
    name: 'budgets',
    routes: (app) => budgetRoutes(app, desk),
    start: () => keepProvisioned(platform, ports.samples ?? []),
    loops: [
      { name: 'budgets', everyMs: evaluateEveryMs, offsetMs: 45_000, run: evaluate },
      { name: 'budget-notices', everyMs: sendEveryMs, offsetMs: 10_000, run: (signal) => messenger.send(signal) },
      {
        name: 'budget-reservations',
        everyMs: expireEveryMs,
        run: async (signal) => {
          await counters.expire(signal);
        },
      },
    ],
    budgets: {
      status: (scope, query) => desk.status(scope, query?.ids),
      burnDown: (id, scope) => desk.burnDown(id, undefined, scope),
      counts: (tenant) => counters.counts(tenant),
      reserve: (request) => counters.reserve(request),
      settle: (reservationId, actual) => counters.settle(reservationId, actual),
      openLedger: (holder) => new AllotmentLedger({ ...counting, counters, holder }),
      expire: () => counters.expire(),
      evaluate,
    },
  };
}
