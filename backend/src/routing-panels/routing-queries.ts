import { Decimal } from 'decimal.js';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { LiveCall, RouteRow, RouteUsage, RoutingOverview } from './contract.ts';
import { callsOf, longestCallMs, type TryRow } from './live-calls.ts';
import type { RoutingPanelPorts } from './ports.ts';
import { readSpan, type RouteFilter, type RoutePlan } from './route-plan.ts';
import { callsStatement, currenciesStatement, sumsStatement, type CallState, type Statement } from './route-sql.ts';
import { routeRow, sumsOf, totalOf, type SummedRow } from './route-sums.ts';
import { wouldHave, type PriceCall } from './would-have.ts';

const mostGroups = 500;
const mostVersions = 2_000;
/** An answer about the present is not older than this. */
const ageSeconds = 5;

type Parts = Pick<Platform, 'warehouse' | 'config' | 'clock'>;

/** Answers about the calls through the gateway, within a caller's scope. */
export class RoutingQueries {
  readonly #platform: Parts;
  readonly #ports: RoutingPanelPorts;

  constructor(platform: Parts, ports: RoutingPanelPorts) {
    this.#platform = platform;
    this.#ports = ports;
  }

  /** Sums by dimensions, in all or along time. */
  async usage(plan: RoutePlan, scope: Scope, signal?: AbortSignal): Promise<RouteUsage> {
    const currencies = await this.#currencies(plan, scope, signal);
    const currency = currencies[0] ?? '';
    const rows = await this.#read<SummedRow>(sumsStatement(plan, currency), scope, signal);
    const { from, to } = readSpan(plan);
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      currency,
      ...(plan.stepSeconds === undefined ? {} : { stepSeconds: plan.stepSeconds }),
      rows: rows.map((row) => routeRow(row, plan.dims)),
      notices: noticesOf(currencies),
    };
  }

  /** How the calls of a span went, where they went to, and what they would have cost elsewhere. */
  async overview(
    span: { from: number; to: number; filters: readonly RouteFilter[] },
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<RoutingOverview> {
    const { gateway } = this.#platform.config;
    const plan: RoutePlan = { ...span, dims: [], limit: mostGroups };
    const currencies = await this.#currencies(plan, scope, signal);
    const currency = currencies[0] ?? '';
    const [sums, choices] = await Promise.all([
      this.#read<SummedRow>(sumsStatement(plan, currency), scope, signal),
      this.#read<SummedRow>(sumsStatement({ ...plan, dims: ['policy', 'route'] }, currency), scope, signal),
    ]);
    const total = sumsOf(sums[0] ?? totalOf([]));
    const compared = total.answered > 0 ? await this.#wouldHave(plan, currency, scope, signal) : undefined;
    return {
      from: new Date(span.from).toISOString(),
      to: new Date(span.to).toISOString(),
      state: total.tries > 0 ? 'ok' : gateway.providers.length === 0 ? 'off' : 'no-calls',
      currency,
      total,
      choices: choices.map((row) => routeRow(row, ['policy', 'route'])),
      ...(compared ? { wouldHave: compared } : {}),
      providers: gateway.providers.map(({ name }) => name),
      port: gateway.port,
      notices: noticesOf(currencies),
    };
  }

  /** The newest calls with what was tried and why. What was asked and answered is not there. */
  async calls(
    query: {
      from: number;
      to: number;
      filters: readonly RouteFilter[];
      status?: CallState;
      limit: number;
    },
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<LiveCall[]> {
    const openSince = this.#platform.clock.now().getTime() - longestCallMs;
    return callsOf(await this.#read<TryRow>(callsStatement({ ...query, openSince }), scope, signal, 0), openSince);
  }

  async #wouldHave(plan: RoutePlan, currency: string, scope: Scope, signal: AbortSignal | undefined) {
    const paid = plan.filters.filter(({ dim }) => dim !== 'cache');
    const asked: RoutePlan = {
      ...plan,
      dims: ['policy', 'provider', 'model', 'feature'],
      filters: [...paid, { dim: 'cache', values: [''] }],
      limit: 5_000,
    };
    const [rows, versions, book] = await Promise.all([
      this.#read<SummedRow>(sumsStatement(asked, currency), scope, signal),
      this.#read<SummedRow>(
        sumsStatement({ ...plan, dims: ['policy', 'version'], limit: mostVersions }, currency),
        scope,
        signal,
      ),
      this.#ports.prices.book(scope.tenant),
    ]);
    const served = versions.map(({ d0, d1 }) => ({ policy: d0 ?? '', version: d1 ?? '' }));
    const choosable = await this.#ports.policyModels(
      scope,
      served.filter(({ version }) => version !== ''),
    );
    const startedAt = new Date(plan.to - 1).toISOString();
    const price: PriceCall = ({ provider, model }, { input, cached, output }) => {
      const tokens = { inputTokens: input, cachedInputTokens: cached, outputTokens: output };
      const priced = book.priceLlm({ startedAt, provider, model, ...tokens });
      return 'cost' in priced && priced.currency === currency ? priced.cost : undefined;
    };
    const saved = new Map<string, string>();
    for (const { d0 = '', saved: one } of versions) saved.set(d0, new Decimal(saved.get(d0) ?? 0).plus(one).toFixed());
    const named = rows.map((row): RouteRow => routeRow(row, asked.dims));
    return wouldHave(named, choosable, saved, price);
  }

  /** Currencies of the span's costs, that of most calls first; '' is no currency. */
  async #currencies(plan: RoutePlan, scope: Scope, signal: AbortSignal | undefined): Promise<string[]> {
    const rows = await this.#read<{ currency: string }>(currenciesStatement(plan), scope, signal);
    return rows.map(({ currency }) => currency).filter((currency) => currency !== '');
  }

  async #read<Row>(
    { sql, params }: Statement,
    scope: Scope,
    signal: AbortSignal | undefined,
    cacheSeconds = Math.min(ageSeconds, this.#platform.config.warehouse.cacheSeconds),
  ): Promise<Row[]> {
    const options = { params, scope, cacheSeconds, ...(signal ? { signal } : {}) };
    return (await this.#platform.warehouse.query<Row>(sql, options)).rows;
  }
}

/** @throws AppError VALIDATION_FAILED with the reason */
export function accepted<T>(parsed: { ok: true; value: T } | { ok: false; reason: string }): T {
  if (parsed.ok) return parsed.value;
  throw new AppError('VALIDATION_FAILED', parsed.reason);
}

function noticesOf([main, ...others]: readonly string[]): RouteUsage['notices'] {
  if (main === undefined || others.length === 0) return [];
  return [{ severity: 'warning', text: `Amounts are those in ${main}; costs in ${others.join(', ')} are left out.` }];
}
