import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Requests, UsageSummary } from './contract.ts';
import {
  readRequestCursor,
  requestLine,
  requestsStatement,
  writeRequestCursor,
  type FactRow,
} from './request-lines.ts';
import type { UsageDimension } from './usage-dimensions.ts';
import type { UsageFilter, UsagePlan } from './usage-query.ts';
import {
  activeDaysSql,
  daysOf,
  groupsStatement,
  seriesStatement,
  totalsStatement,
  valuesStatement,
  type Statement,
  type SummedRow,
} from './usage-sql.ts';
import { mainCurrency, usageSummary } from './usage-summary.ts';
import { countWaitingDays } from './write-repository.ts';
import type { Span } from '../cost/index.ts';

/** A day whose roll-up counts. */
export interface ActiveDay {
  dropId: string;
  source: string;
  day: string;
  /** Unix milliseconds. */
  sealedAt: string;
}

/** Seconds for which another replica may still answer from the roll-ups before; they stay whole for minutes after. */
const daysAgeSeconds = 1;

/** Answers about usage within a caller's scope. */
export class UsageQueries {
  readonly #platform: Pick<Platform, 'warehouse' | 'store' | 'config'>;

  constructor(platform: Pick<Platform, 'warehouse' | 'store' | 'config'>) {
    this.#platform = platform;
  }

  /**
   * Usage by dimensions, in all or along time. Which roll-ups count is asked first and never cached for long, and every read
   * names them: an answer shows each day whole, also while it is rolled up again.
   */
  async summary(plan: UsagePlan, scope: Scope, signal?: AbortSignal): Promise<UsageSummary> {
    const { firstDay, lastDay } = daysOf(plan.range);
    const [days, waitingDays] = await Promise.all([
      this.activeDays(scope, plan.range, signal),
      countWaitingDays(this.#platform.store, scope, firstDay, lastDay),
    ]);
    const freshness = { ...newest(days), waitingDays };
    if (days.length === 0) return usageSummary({ ...plan, currency: plan.currency ?? '' }, [], [], freshness);
    const drops = days.map(({ dropId }) => dropId);
    const { rows: totals } = await this.#read<SummedRow>(totalsStatement(unmixed(plan), drops), scope, signal);
    const known = { ...plan, currency: plan.currency ?? mainCurrency([...totals]) };
    const isWhole = plan.granularity === 'total' && plan.dims.length === 0;
    if (isWhole) return usageSummary(known, totals, [], freshness);
    const statement = plan.granularity === 'total' ? groupsStatement(known, drops) : seriesStatement(known, drops);
    const { rows, cachedAgeSeconds } = await this.#read<SummedRow>(statement, scope, signal);
    return {
      ...usageSummary(known, totals, rows, freshness),
      ...(cachedAgeSeconds === undefined ? {} : { cachedAgeSeconds }),
    };
  }

  /** Days of the span whose roll-ups count, by source. */
  async activeDays(scope: Scope, span: Span, signal?: AbortSignal): Promise<ActiveDay[]> {
    const { firstDay, lastDay } = daysOf(span);
    const { rows } = await this.#platform.warehouse.query<ActiveDay>(activeDaysSql, {
      params: { from: firstDay, to: lastDay },
      scope,
      cacheSeconds: daysAgeSeconds,
      ...(signal ? { signal } : {}),
    });
    return rows;
  }

  /** Values of a dimension in the span that contain `search`, the most used first. */
  async values(
    dim: UsageDimension,
    search: string,
    limit: number,
    span: Span,
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const drops = (await this.activeDays(scope, span, signal)).map(({ dropId }) => dropId);
    if (drops.length === 0) return [];
    const statement = valuesStatement(dim, search, limit, span, drops);
    return (await this.#read<{ value: string }>(statement, scope, signal)).rows.map(({ value }) => value);
  }

  /** A page of the requests behind a sum. @throws AppError VALIDATION_FAILED for a cursor that is none */
  async requests(
    query: { range: Span; filters: readonly UsageFilter[]; limit: number; cursor?: string },
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<Requests> {
    const after = query.cursor === undefined ? undefined : readRequestCursor(query.cursor);
    if (query.cursor !== undefined && after === undefined)
      throw new AppError('VALIDATION_FAILED', 'The cursor is not one of this service.', {
        help: 'Send `nextCursor` of the page before as it came.',
      });
    const { range, filters, limit } = query;
    const statement = requestsStatement({ range, filters, limit: limit + 1, ...(after ? { after } : {}) });
    const { rows } = await this.#platform.warehouse.query<FactRow>(statement.sql, {
      params: statement.params,
      scope,
      ...(signal ? { signal } : {}),
    });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      requests: shown.map(requestLine),
      ...(rows.length > limit && last ? { nextCursor: writeRequestCursor(last) } : {}),
    };
  }

  #read<Row>({ sql, params }: Statement, scope: Scope, signal: AbortSignal | undefined) {
    const { warehouse, config } = this.#platform;
    return warehouse.query<Row>(sql, {
      params,
      scope,
      cacheSeconds: config.warehouse.cacheSeconds,
      ...(signal ? { signal } : {}),
    });
  }
}

/** The plan by which sums stay apart by currency. */
function unmixed(plan: UsagePlan): UsagePlan {
  const { currency: _, ...rest } = plan;
  return rest;
}

function newest(days: readonly ActiveDay[]): { sealedAt?: string } {
  if (days.length === 0) return {};
  return { sealedAt: new Date(Math.max(...days.map(({ sealedAt }) => Number(sealedAt)))).toISOString() };
}
