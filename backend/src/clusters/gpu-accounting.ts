import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { accountingRows, hoursOf } from './accounting.ts';
import { capacityDays, Exact } from './capacity.ts';
import { selectOffers } from './capacity-repository.ts';
import type { Accounting, AccountingQuery, ClusterJob, ClusterJobs, JobsQuery, Notice } from './contract.ts';
import type { ClusterPrices } from './ports.ts';
import { ClusterRates } from './rates.ts';
import {
  selectAllocated,
  selectJobDays,
  selectJobs,
  selectSampled,
  type JobDayRow,
  type JobFilter,
  type JobRow,
} from './usage-repository.ts';

const hourSeconds = 3_600;
const defaultDays = 30;
const mostDays = 400;
const gib = 1024 ** 3;

interface Span {
  from: number;
  to: number;
  cluster?: string | undefined;
  scope: Scope;
  signal?: AbortSignal | undefined;
}

/** Answers about the GPUs of clusters and the jobs that held them. */
export class GpuAccounting {
  readonly #platform: Pick<Platform, 'warehouse' | 'clock'>;
  readonly #prices: ClusterPrices;

  constructor(platform: Pick<Platform, 'warehouse' | 'clock'>, prices: ClusterPrices) {
    this.#platform = platform;
    this.#prices = prices;
  }

  /** @throws AppError VALIDATION_FAILED for a span that is none */
  async accounting(query: AccountingQuery, scope: Scope, signal?: AbortSignal): Promise<Accounting> {
    const { warehouse } = this.#platform;
    const span = this.#spanOf(query, scope, signal);
    const threshold = query.threshold ?? 5;
    const [allocated, offers, sampled] = await Promise.all([
      selectAllocated(warehouse, span),
      selectOffers(warehouse, span),
      selectSampled(warehouse, span, threshold),
    ]);
    const capacity = capacityDays(offers, span.from, span.to);
    const rates = new ClusterRates(await this.#prices.book(scope.tenant), capacity);
    const whole = scope.teams === 'all' && scope.products === 'all';
    const { rows, notices } = accountingRows({ allocated, capacity, sampled, whole }, rates);
    return { from: iso(span.from), to: iso(span.to), threshold, rows, notices };
  }

  /** @throws AppError VALIDATION_FAILED for a span that is none */
  async jobs(query: JobsQuery, scope: Scope, signal?: AbortSignal): Promise<ClusterJobs> {
    const { warehouse } = this.#platform;
    const span = this.#spanOf(query, scope, signal);
    const { scheduler, team, account, user, partition, state, gpuType, search } = query;
    const filter: JobFilter = { scheduler, team, account, user, partition, state, gpuType, search };
    const threshold = query.threshold ?? 5;
    const rows = await selectJobs(warehouse, span, {
      ...{ filter, threshold, sort: query.sort ?? 'gpuHours', heldIdleOnly: query.heldIdleOnly ?? false },
      ...{ limit: query.limit ?? 50, offset: query.offset ?? 0 },
    });
    const costs = await this.#costs(rows, span);
    return {
      ...{ from: iso(span.from), to: iso(span.to), threshold, notices: costs.notices },
      total: Number(rows[0]?.total ?? 0),
      jobs: rows.map((row) => jobOf(row, costs.of(row))),
    };
  }

  async #costs(rows: readonly JobRow[], span: Span): Promise<{ of(row: JobRow): JobCost | null; notices: Notice[] }> {
    const { warehouse } = this.#platform;
    const wanted = rows.filter(({ gpuSeconds }) => new Exact(gpuSeconds).gt(0));
    const days = wanted.length === 0 ? [] : await selectJobDays(warehouse, span, { jobs: wanted });
    const rates = new ClusterRates(
      await this.#prices.book(span.scope.tenant),
      capacityDays(await selectOffers(warehouse, span), span.from, span.to),
    );
    const byJob = new Map<string, JobDayRow[]>();
    for (const day of days) byJob.set(keyOf(day), [...(byJob.get(keyOf(day)) ?? []), day]);
    const reasons = new Set<string>();
    const of = (row: JobRow): JobCost | null => {
      const cost = costOf(byJob.get(keyOf(row)) ?? [], rates);
      if (typeof cost === 'string') reasons.add(cost);
      return typeof cost === 'string' ? null : cost;
    };
    const known = new Map(wanted.map((row) => [row, of(row)]));
    const notices = [...reasons].slice(0, 5).map((text): Notice => ({ severity: 'warning', text }));
    return { of: (row) => known.get(row) ?? null, notices };
  }

  #spanOf(query: AccountingQuery, scope: Scope, signal: AbortSignal | undefined): Span {
    const now = Math.floor(this.#platform.clock.now().getTime() / 1000 / hourSeconds) * hourSeconds + hourSeconds;
    const to = query.to === undefined ? now : Math.ceil(secondsOf('to', query.to) / hourSeconds) * hourSeconds;
    const from =
      query.from === undefined
        ? to - defaultDays * 86_400
        : Math.floor(secondsOf('from', query.from) / hourSeconds) * hourSeconds;
    if (to <= from) throw new AppError('VALIDATION_FAILED', '`to` must lie after `from`.');
    if (to - from > mostDays * 86_400)
      throw new AppError('VALIDATION_FAILED', `The span is longer than ${mostDays} days; ask for a shorter one.`);
    // Hours that have not come yet are no capacity.
    return { from, to: Math.max(from + hourSeconds, Math.min(to, now)), cluster: query.cluster, scope, signal };
  }
}

function secondsOf(name: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at) || at < 0 || at > Date.UTC(2100, 0, 1))
    throw new AppError('VALIDATION_FAILED', `\`${name}\` is no instant; write it as 2026-11-01T00:00:00Z.`);
  return at / 1000;
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const keyOf = ({
  cluster,
  region,
  jobId,
  run,
}: {
  cluster: string;
  region: string;
  jobId: string;
  run: number;
}): string => JSON.stringify([region, cluster, jobId, run]);

interface JobCost {
  amount: Exact;
  currency: string;
  priceIds: string[];
}

function costOf(days: readonly JobDayRow[], rates: ClusterRates): JobCost | string {
  let amount = new Exact(0);
  const priceIds = new Set<string>();
  let currency = '';
  for (const day of days) {
    const hours = hoursOf(day.gpuSeconds);
    if (hours.isZero()) continue;
    const rate = rates.gpu(day, day.gpuType, day.day);
    if (typeof rate === 'string') return `Jobs on ${day.cluster} have no amount: ${rate}.`;
    if (currency !== '' && rate.currency !== currency)
      return `The rate on ${day.cluster} changes its currency in this span.`;
    currency = rate.currency;
    priceIds.add(rate.priceId);
    amount = amount.plus(hours.times(rate.unitPrice));
  }
  return { amount, currency, priceIds: [...priceIds].sort() };
}

function jobOf(row: JobRow, cost: JobCost | null): ClusterJob {
  const gpuHours = hoursOf(row.gpuSeconds);
  const capped = (seconds: number | null): Exact | null =>
    seconds === null ? null : Exact.min(gpuHours, new Exact(seconds.toFixed(3)).div(hourSeconds).toDecimalPlaces(6));
  const [used, idle] = [capped(row.usedSeconds), capped(row.idleSeconds)];
  const perGpuHour = cost === null || gpuHours.isZero() ? new Exact(0) : cost.amount.div(gpuHours);
  return {
    ...{ cluster: row.cluster, region: row.region, scheduler: row.scheduler, jobId: row.jobId, jobName: row.jobName },
    ...{ user: row.user, account: row.account, team: row.team, partition: row.partition, state: row.state },
    startedAt: iso(row.startedAt),
    endedAt: row.running === 1 ? null : iso(row.endedAt),
    gpus: new Exact(row.gpus).toFixed(),
    gpuType: row.gpuType,
    gpuHours: gpuHours.toFixed(),
    cpuHours: hoursOf(row.cpuSeconds).toFixed(),
    memoryGiBHours: new Exact(row.memoryByteSeconds).div(gib).div(hourSeconds).toDecimalPlaces(6).toFixed(),
    usedGpuHours: used?.toFixed() ?? null,
    heldIdleGpuHours: idle?.toFixed() ?? null,
    gpuCost:
      cost === null || cost.currency === ''
        ? null
        : {
            amount: cost.amount.toFixed(),
            heldIdle: idle === null ? null : idle.times(perGpuHour).toDecimalPlaces(12).toFixed(),
            currency: cost.currency,
            perGpuHour: perGpuHour.toDecimalPlaces(12).toFixed(),
            priceIds: cost.priceIds,
          },
    source: row.source,
  };
}
