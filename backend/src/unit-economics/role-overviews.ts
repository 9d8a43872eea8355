import type { Scope } from '../platform/identity/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { FinopsOverview, OverviewRole } from './contract.ts';
import { finopsOverview, platformOverview, productOverview } from './role-overview.ts';
import type { UnitQueries } from './unit-queries.ts';

/** The few figures that each role needs first. */
export async function roleOverview(
  queries: UnitQueries,
  clock: Clock,
  { role, currency }: { role: OverviewRole; currency?: string },
  scope: Scope,
  signal?: AbortSignal,
): Promise<FinopsOverview> {
  const asked = { range: '30d', ...(currency === undefined ? {} : { currency }) };
  if (role === 'product') {
    const { cards, customers } = await queries.product(asked, scope, signal);
    const { freshness, notices } = cards;
    return { role, currency: cards.currency, ...productOverview(cards, customers), freshness, notices };
  }
  if (role === 'platform') {
    const answer = await queries.frame(asked, scope, signal);
    const { frame, reads, units, freshness, notices } = answer;
    const [{ gpus }, held] = await Promise.all([units.spend(true), reads.heldIdle(frame.span)]);
    return {
      role,
      currency: frame.exchange.currency,
      ...platformOverview(gpus, held, frame.exchange.currency),
      freshness,
      notices,
    };
  }
  const now = clock.now();
  const monthBefore = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString();
  const months = { from: monthBefore, to: now.toISOString(), ...(currency === undefined ? {} : { currency }) };
  const answer = await queries.frame(months, scope, signal);
  const { frame, units, freshness, notices } = answer;
  const [{ spend: days }, drivers] = await Promise.all([
    units.spend(),
    queries.drivers({ ...asked, limit: 50 }, scope, signal),
  ]);
  const present = days.filter(({ period }) => period === 0);
  return {
    role,
    currency: frame.exchange.currency,
    ...finopsOverview(present, drivers, now, frame.exchange.currency),
    freshness,
    notices,
  };
}
