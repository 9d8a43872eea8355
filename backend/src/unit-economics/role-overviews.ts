import type { Scope } from '../platform/identity/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { FinopsOverview, OverviewRole } from './contract.ts';
import { driverDims } from './drivers.ts';
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
    const { currency: own } = frame.exchange;
    const [{ gpus }, held] = await Promise.all([
      queries.memo.answer(answer, ['overview', role], scope, () => units.spend({ onlyGpus: true })),
      reads.heldIdle(frame.span), // samples are no part of the frame
    ]);
    return { role, currency: own, ...platformOverview(gpus, held, own), freshness, notices };
  }
  const now = clock.now();
  const monthBefore = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString();
  const months = { from: monthBefore, to: now.toISOString(), ...(currency === undefined ? {} : { currency }) };
  const [answer, lately] = await Promise.all([
    queries.frame(months, scope, signal),
    queries.frame(asked, scope, signal),
  ]);
  const { frame, units, freshness, notices } = answer;
  const { currency: own } = frame.exchange;
  const told = await queries.memo.answer(
    answer,
    ['overview', role, now.toISOString().slice(0, 10)],
    scope,
    async () => {
      const [{ spend: days }, drivers] = await Promise.all([
        units.spend({ onlyPresent: true }),
        queries.driversOf(lately, driverDims(undefined), 50, scope),
      ]);
      return finopsOverview(days, drivers, now, own);
    },
  );
  return { role, currency: own, ...figuresOf(told), freshness, notices };
}

/** The age of kept figures is no part of an overview. */
function figuresOf({ sentence, figures }: Pick<FinopsOverview, 'sentence' | 'figures'>) {
  return { sentence, figures };
}
