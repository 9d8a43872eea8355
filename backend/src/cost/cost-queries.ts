import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { CostSummary, Lines } from './contract.ts';
import { listActiveDrops, read, type ActiveDrop } from './cost-repository.ts';
import * as sql from './cost-sql.ts';
import { totalsOf, totalsOfSeries } from './exact-sums.ts';
import { dimensionNames, dimensions, isDimension, type Dimension } from './dimensions.ts';
import { readCursor, writeCursor } from './line-page.ts';
import { cursorOf, lineOf, linesStatement, type LineRow } from './line-sql.ts';
import { filterRefusal, holdsNul, refusal, segmentsOf, type CostQuery, type LinesQuery } from './plan.ts';
import { summaryOf } from './summary.ts';

/** Drops of one answer; two years of two hundred sources. */
const maxDrops = 5_000;

/** Answers about cost within a caller's scope. */
export class CostQueries {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /**
   * Cost by dimensions, in all or along time. Which drops count is asked first and never cached, and every read of the
   * answer names them: an answer shows one complete version of each bill, also while a new one arrives, and a cached answer
   * is one of the present bills.
   * @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE
   */
  async summary(query: CostQuery, scope: Scope, signal?: AbortSignal): Promise<CostSummary> {
    const refused = refusal(query);
    if (refused !== undefined) throw new AppError('VALIDATION_FAILED', refused);
    const drops = await this.#drops(scope, signal);
    const ids = within(drops, spanOf(query));
    const coverage = { newestChargePeriodEnd: newestEnd(drops), oldestChargePeriodStart: oldestStart(drops) };
    if (ids.length === 0) return summaryOf(query, [], new Map(), coverage);
    if (query.granularity === 'total') {
      const answer = await this.#read<sql.TotalledRow>(sql.totalsStatement(query, ids), scope, signal);
      return { ...summaryOf(query, answer.rows, totalsOf(answer.rows), coverage), ...ageOf(answer) };
    }
    const answer = await this.#read<sql.SummedRow>(sql.seriesStatement(query, ids), scope, signal);
    return { ...summaryOf(query, answer.rows, totalsOfSeries(answer.rows), coverage), ...ageOf(answer) };
  }

  /** The dimensions with their labels and how many values each has. */
  async dimensions(scope: Scope, signal?: AbortSignal): Promise<{ name: Dimension; label: string; values: number }[]> {
    const ids = (await this.#drops(scope, signal)).map(({ dropId }) => dropId);
    const counts: Partial<Record<Dimension, string>> =
      ids.length === 0
        ? {}
        : ((
            await this.#read<Record<Dimension, string>>(
              sql.dimensionCountsStatement(dimensionNames, ids),
              scope,
              signal,
            )
          ).rows[0] ?? {});
    return dimensionNames.map((name) => ({ name, label: dimensions[name], values: Number(counts[name] ?? 0) }));
  }

  /** Values of a dimension that contain `search`, the costliest first. @throws AppError NOT_FOUND for an unknown one */
  async values(dim: string, search: string, limit: number, scope: Scope, signal?: AbortSignal): Promise<string[]> {
    if (!isDimension(dim))
      throw new AppError('NOT_FOUND', 'There is no such dimension.', { help: `One of ${dimensionNames.join(', ')}.` });
    if (holdsNul(search)) return [];
    const ids = (await this.#drops(scope, signal)).map(({ dropId }) => dropId);
    if (ids.length === 0) return [];
    const { rows } = await this.#read<{ value: string }>(sql.valuesStatement(dim, search, limit, ids), scope, signal);
    return rows.map(({ value }) => value);
  }

  /** A page of the lines behind a sum. @throws AppError VALIDATION_FAILED for a cursor that is none */
  async lines(query: LinesQuery, scope: Scope, signal?: AbortSignal): Promise<Lines> {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    if (query.cursor !== undefined && after === undefined)
      throw new AppError('VALIDATION_FAILED', 'The cursor is not one of this service.', {
        help: 'Send `nextCursor` of the page before as it came.',
      });
    const refused = filterRefusal(query.filters);
    if (refused !== undefined) throw new AppError('VALIDATION_FAILED', refused);
    const drops = await this.#drops(scope, signal);
    const ids = within(drops, query.range);
    if (ids.length === 0) return { lines: [] };
    const { cursor: _, ...rest } = query;
    const statement = linesStatement({ ...rest, limit: query.limit + 1, ...(after ? { after } : {}) }, ids);
    const { rows } = await this.#read<LineRow>(statement, scope, signal);
    const paths = new Map(drops.map(({ dropId, lakePath }) => [dropId, lakePath]));
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    const next = rows.length > query.limit && last ? { nextCursor: writeCursor(cursorOf(last)) } : {};
    return { lines: shown.map((row) => lineOf(row, paths.get(row.x_DropId) ?? '')), ...next };
  }

  async #drops(scope: Scope, signal?: AbortSignal): Promise<ActiveDrop[]> {
    return listActiveDrops(this.#platform.warehouse, scope, signal);
  }

  #read<Row>(statement: sql.Statement, scope: Scope, signal: AbortSignal | undefined) {
    const { warehouse, config } = this.#platform;
    return read<Row>(warehouse, statement, scope, {
      cacheSeconds: config.warehouse.cacheSeconds,
      ...(signal ? { signal } : {}),
    });
  }
}

/** Ids of the drops with charges that begin in the span (Unix milliseconds). */
function within(drops: readonly ActiveDrop[], span: { from: number; to: number }): string[] {
  const ids = drops
    .filter((drop) => drop.chargeFrom * 1000 < span.to && drop.chargeLast * 1000 >= span.from)
    .map(({ dropId }) => dropId);
  if (ids.length > maxDrops)
    throw new AppError(
      'QUERY_LIMIT',
      `The range touches ${ids.length} bills; at most ${maxDrops} are added up at once.`,
    );
  return ids.sort();
}

/** Everything that the query reads, the span before included. */
function spanOf(query: CostQuery): { from: number; to: number } {
  const segments = segmentsOf(query);
  return { from: Math.min(...segments.map(({ from }) => from)), to: Math.max(...segments.map(({ to }) => to)) };
}

function newestEnd(drops: readonly ActiveDrop[]): number | undefined {
  return drops.length === 0 ? undefined : Math.max(...drops.map(({ chargeTo }) => chargeTo));
}

function oldestStart(drops: readonly ActiveDrop[]): number | undefined {
  return drops.length === 0 ? undefined : Math.min(...drops.map(({ chargeFrom }) => chargeFrom));
}

function ageOf({ cachedAgeSeconds }: { cachedAgeSeconds?: number }): { cachedAgeSeconds?: number } {
  return cachedAgeSeconds === undefined ? {} : { cachedAgeSeconds };
}
