import { randomUUID } from 'node:crypto';
import { Decimal } from 'decimal.js';
import type { AdmittedCall } from './admission.ts';
import { GatewayError } from './gateway-error.ts';
import type { CallPrice, FullBudget, GatewayPorts } from './ports.ts';

/** Longest that a call may take with all its tries; what is not settled by then is given back, and counted when it is. */
const ttlMs = 15 * 60_000;

/** Money held for one call in every budget that it belongs to. */
export interface Reservation {
  id: string;
  currency: string;
}

interface Parts {
  budgets: GatewayPorts['budgets'];
  whenAway: 'allow' | 'refuse';
  /** Tells that the counters could not be reached. */
  onAway(error: unknown): void;
}

/**
 * Holds the most that the call may cost. @returns undefined where no budget counts the tenant's calls, or the counters cannot be
 * reached and the configuration lets calls through
 * @throws GatewayError 429 where a budget has no room; 503 where the counters are away and the configuration refuses
 */
export async function reserve(
  call: AdmittedCall,
  most: CallPrice | undefined,
  model: string,
  parts: Parts,
): Promise<Reservation | undefined> {
  const { budgets } = parts;
  const { tenant } = call.key;
  let answer: Awaited<ReturnType<typeof budgets.reserve>>;
  const { cost: amount, currency } = most ?? { cost: '0', currency: 'USD' };
  const id = randomUUID();
  try {
    if (!(await budgets.counts(tenant))) return undefined;
    answer = await budgets.reserve({ tenant, keys: keysOf(call, model), amount, currency, ttlMs, id });
  } catch (error) {
    parts.onAway(error);
    if (parts.whenAway === 'allow') return undefined;
    throw new GatewayError(503, 'budgets_unavailable', 'Budgets cannot be counted now; try again in a moment.', 5);
  }
  if (!answer.ok) throw new GatewayError(429, 'insufficient_quota', refusal(answer.refusedBy, amount, currency));
  return { id, currency };
}

function keysOf({ request }: AdmittedCall, model: string): Record<string, string> {
  const keys = {
    x_Team: request.team,
    x_Product: request.product,
    x_Customer: request.customer,
    x_Feature: request.feature,
    x_Environment: request.environment,
    x_Model: model,
    ...Object.fromEntries(Object.entries(request.tags).map(([tag, value]) => [`tag:${tag}`, value])),
  };
  return Object.fromEntries(Object.entries(keys).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function refusal(budgets: readonly FullBudget[], amount: string, currency: string): string {
  const [first] = budgets;
  if (!first) return 'A budget has no room for this call.';
  const ends = first.windowEnds === undefined ? '' : ` It has room again on ${first.windowEnds} at the latest.`;
  return (
    `Budget ${first.name} has ${first.left} of ${first.amount} ${first.currency} left, and this call may cost ` +
    `${new Decimal(amount).toSignificantDigits(3).toFixed()} ${currency}.${ends}`
  );
}
