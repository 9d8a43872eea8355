import { isAppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Overview } from './contract.ts';
import { monthSpend } from './month.ts';
import type { OverviewSources } from './ports.ts';
import { overviewSentence } from './sentence.ts';

const DAY_MS = 86_400_000;

/** Gathers the first page. A part that cannot be had is empty and named in `notices`; the rest stands. */
export async function buildOverview(
  sources: OverviewSources,
  query: { now: Date; currency?: string; estate: boolean },
  scope: Scope,
): Promise<Overview> {
  const notices: Overview['notices'] = [];
  const part = async <T>(name: string, work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error)) throw error;
      notices.push({ severity: 'warning', text: `${name}: ${error.message} ${error.help}` });
      return otherwise;
    }
  };
  const { now } = query;
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  const to = new Date((Math.floor(now.getTime() / DAY_MS) + 1) * DAY_MS);
  const currency = query.currency === undefined ? {} : { currency: query.currency };
  const [daily, peak, accuracy, pending, states] = await Promise.all([
    part('Spend', () => sources.dailySpend({ from, to, ...currency }, scope), {
      currency: query.currency ?? 'USD',
      days: [],
    }),
    part('Traffic', () => sources.nextPeak(scope), undefined),
    part('Accuracy', () => sources.accuracy(scope), undefined),
    part('Changes', () => sources.pendingChanges(scope), 0),
    part('Sources', () => sources.sources(scope), []),
  ]);
  const spend = monthSpend(daily.days, now);
  return {
    sentence: overviewSentence({
      currency: daily.currency,
      month: spend.month,
      previousToDate: spend.previousToDate,
      hasCost: daily.days.length > 0,
      peak,
      pendingChanges: pending,
      staleSources: states.filter((state) => state.state === 'stale').map((state) => state.source),
    }),
    spend: { currency: daily.currency, ...spend, daily: daily.days },
    traffic: {
      nextPeak: peak === undefined ? null : { ...peak, at: peak.at.toISOString() },
      accuracy: accuracy ?? null,
    },
    changes: { pending },
    sources: states,
    estate: query.estate,
    notices,
  };
}
