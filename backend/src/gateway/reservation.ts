import { Decimal } from 'decimal.js';
import type { AdmittedCall } from './admission.ts';
import { GatewayError } from './gateway-error.ts';
import type { CallLedger, CallPrice, FullBudget, HeldMoney } from './ports.ts';

/** Longest that a call may take with all its tries; what is not settled by then is given back, and counted when it is. */
const ttlMs = 15 * 60_000;

/** Money held for one call in every budget that it belongs to. */
export interface Reservation {
  id: string;
  /** The most that the call may cost. */
  amount: string;
  currency: string;
}

/** A route, as usage names it. */
export interface Served {
  model: string;
  provider: string;
}

/** What charges of all calls have in common. */
const chargeKeys = {
  ChargeCategory: 'Usage',
  ServiceCategory: 'AI and Machine Learning',
  x_Source: 'gateway-estimate',
} as const;

interface Parts {
  ledger: Pick<CallLedger, 'reserve'>;
  whenAway: 'allow' | 'refuse';
  /** Tells that the counters could not be reached. */
  onAway(error: unknown): void;
}

/**
 * Holds the most that the call may cost, at once where that can be.
 * @returns undefined where no budget counts the call, or the counters cannot be reached and the configuration lets calls through
 * @throws GatewayError 429 where a budget has no room; 503 where the counters are away and the configuration refuses
 */
export function reserve(
  call: AdmittedCall,
  most: CallPrice | undefined,
  served: Served,
  parts: Parts,
): Reservation | undefined | Promise<Reservation | undefined> {
  const { tenant } = call.key;
  const { cost, currency } = most ?? { cost: '0', currency: 'USD' };
  const amount = heldAmount(cost);
  const told = (held: HeldMoney): Reservation | undefined => {
    if (!held.ok) throw new GatewayError(429, 'insufficient_quota', refusal(held.refusedBy, amount, currency));
    return held.reservationId === undefined ? undefined : { id: held.reservationId, amount, currency };
  };
  const away = (error: unknown): undefined => {
    parts.onAway(error);
    if (parts.whenAway === 'allow') return undefined;
    throw new GatewayError(503, 'budgets_unavailable', 'Budgets cannot be counted now; try again in a moment.', 5);
  };
  let held: HeldMoney | Promise<HeldMoney>;
  try {
    held = parts.ledger.reserve({ tenant, keys: keysOf(call, served), amount, currency, ttlMs });
  } catch (error) {
    return away(error);
  }
  // Nearly always the money is there: nobody waits then.
  return held instanceof Promise ? held.then(told, away) : told(held);
}

/** Counters have 18 places. */
function heldAmount(cost: string): string {
  const point = cost.indexOf('.');
  if (point < 0 || cost.length - point <= 19) return cost;
  return new Decimal(cost).toDecimalPlaces(18, Decimal.ROUND_UP).toFixed();
}

/** By what budgets may be narrowed: the call is named as the charges are that are estimated of it. */
function keysOf({ request, key }: AdmittedCall, served: Served): Record<string, string> {
  const keys: Record<string, string> = {
    ...routeKeysOf(served),
    ...chargeKeys,
  };
  if (request.team !== undefined) keys['x_Team'] = request.team;
  if (request.product !== undefined) keys['x_Product'] = request.product;
  if (request.customer !== undefined) keys['x_Customer'] = request.customer;
  if (request.feature !== undefined) keys['x_Feature'] = request.feature;
  if (request.environment !== undefined) keys['x_Environment'] = request.environment;
  for (const [tag, value] of Object.entries(request.tags)) keys[`tag:${tag}`] = value;
  // As usage names it, so that a budget may be for one key; what a caller says of itself does not count.
  keys['tag:gateway.key'] = key.id;
  return keys;
}

/** By what budgets may tell routes apart. */
export function routeKeysOf({ model, provider }: Served): Record<string, string> {
  return { x_Model: model, ProviderName: provider, ServiceName: `${provider} models` };
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
