// Asks the running service what a person at a terminal wants to know first.
import type { TerminalAnswer } from '../backend/src/terminal/index.ts';

interface CostRow {
  keys: Record<string, string>;
  cost: string;
  previousCost?: string;
}

interface CostAnswer {
  currency: string;
  from: string;
  to: string;
  rows: CostRow[];
  total: { cost: string };
  freshness: { newestChargePeriodEnd?: string };
}

interface Workload {
  workload: string;
  requestsPerMinute: number | null;
}

interface Series {
  minutes: string[];
  actual: (number | null)[];
  predicted: (number | null)[];
  lower: (number | null)[];
  upper: (number | null)[];
  forecaster: string;
}

interface Accuracy {
  champion: string;
  forecasters: { forecaster: string; horizon: number; n: number; mape: number | null; coverage: number | null }[];
}

const WINDOW_MINUTES = 60;
const DAY_MS = 86_400_000;
const HORIZON_MINUTES = 10;

export async function askAnswer(service: { url: string; datasourceToken: string }): Promise<TerminalAnswer> {
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(new URL(path, service.url), {
      headers: { authorization: `Bearer ${service.datasourceToken}` },
      signal: AbortSignal.timeout(20_000),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const cost = '/api/cost/summary?metric=EffectiveCost';
  const range = await spanWithCost(get);
  const byTeam = await get<CostAnswer>(`${cost}&dims=x_Team&${range}&compare=previous&limit=8`);
  const byDriver = await get<CostAnswer>(`${cost}&dims=x_Team,ServiceName&${range}&limit=200`);
  const traffic = await askTraffic(get);
  return {
    currency: byTeam.currency,
    from: byTeam.from,
    to: byTeam.to,
    total: byTeam.total.cost,
    teams: byTeam.rows.map((row) => ({
      team: row.keys.x_Team === '' ? '(no team)' : (row.keys.x_Team ?? '(no team)'),
      cost: row.cost,
      ...(row.previousCost === undefined ? {} : { previousCost: row.previousCost }),
      drivers: byDriver.rows
        .filter((driver) => driver.keys.x_Team === row.keys.x_Team)
        .slice(0, 3)
        .map((driver) => ({ name: driver.keys.ServiceName ?? '', cost: driver.cost })),
    })),
    ...(traffic === undefined ? {} : { traffic }),
  };
}

/** The last thirty days; where the bills are older, the thirty days up to the newest charge. */
async function spanWithCost(get: <T>(path: string) => Promise<T>): Promise<string> {
  const { rows, freshness } = await get<CostAnswer>('/api/cost/summary?metric=EffectiveCost&range=30d&limit=1');
  const newest = freshness.newestChargePeriodEnd;
  if (rows.length > 0 || newest === undefined) return 'range=30d';
  const to = Math.ceil(Date.parse(newest) / DAY_MS) * DAY_MS;
  return `from=${new Date(to - 30 * DAY_MS).toISOString()}&to=${new Date(to).toISOString()}`;
}

async function askTraffic(get: <T>(path: string) => Promise<T>): Promise<TerminalAnswer['traffic']> {
  const workloads = await get<Workload[]>('/api/workloads');
  const busiest = [...workloads].sort((a, b) => (b.requestsPerMinute ?? 0) - (a.requestsPerMinute ?? 0));
  const now = Date.now();
  const known: Shown[] = [];
  for (const { workload } of busiest.slice(0, askedWorkloads)) {
    const shown = await askWorkload(get, workload, now);
    if (shown.peak) return shown;
    known.push(shown);
  }
  return known[0];
}

type Shown = NonNullable<TerminalAnswer['traffic']>;
/** The busiest may be new, and nothing foreseen of it yet; one of the next is shown then. */
const askedWorkloads = 12;

async function askWorkload(get: <T>(path: string) => Promise<T>, workload: string, now: number): Promise<Shown> {
  const path = `/api/traffic/${encodeURIComponent(workload)}`;
  const from = new Date(now - WINDOW_MINUTES * 60_000).toISOString();
  const to = new Date(now + HORIZON_MINUTES * 60_000).toISOString();
  const series = await get<Series>(`${path}/series?from=${from}&to=${to}&horizon=${HORIZON_MINUTES}`);
  const accuracy = await get<Accuracy>(`${path}/accuracy?range=24h`);
  const scored = accuracy.forecasters.find(
    (one) => one.forecaster === series.forecaster && one.horizon === HORIZON_MINUTES,
  );
  return {
    workload,
    minutes: series.minutes,
    series,
    peak: peakAhead(series, now),
    accuracy: scored && {
      forecaster: scored.forecaster,
      scored: scored.n,
      mape: scored.mape ?? undefined,
      coverage: scored.coverage ?? undefined,
    },
  };
}

function peakAhead(series: Series, now: number): Shown['peak'] {
  let best: Shown['peak'];
  for (const [i, at] of series.minutes.entries()) {
    const value = series.predicted[i];
    if (Date.parse(at) < now - 60_000 || value === null || value === undefined) continue;
    if (best && best.requestsPerMinute >= value) continue;
    best = { at, requestsPerMinute: value, lower: series.lower[i] ?? value, upper: series.upper[i] ?? value };
  }
  return best;
}
