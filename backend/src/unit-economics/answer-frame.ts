import { exchangeFor, within, type Exchange } from '../allocation/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { dayMs, type ActiveDrop } from '../cost/index.ts';
import type { Notice } from './contract.ts';
import type { Frame } from './frame-sql.ts';
import { indexModels } from './model-keys.ts';
import type { UnitEconomicsPorts } from './ports.ts';
import { billOnly, billOnlyNames, isShared, type Selection } from './selection.ts';
import type { DayInputs } from './unit-day-marks.ts';
import { keptRegion } from './unit-day-repository.ts';
import { UnitReads } from './unit-repository.ts';
import { UnitRows } from './unit-rows-reader.ts';

/** Everything that the statements of one answer stand on, read first, so that they agree. */
export interface AnswerFrame {
  frame: Frame;
  reads: UnitReads;
  /** Cost by the values of dimensions, of days that are kept and days that are not. */
  units: UnitRows;
  inputs: DayInputs;
  /** False: a filter asks for what usage does not tell, and bills count as they are. */
  withUsage: boolean;
  /** Whether bills and usage reach back over the whole period before. */
  covered: { bills: boolean; usage: boolean };
  freshness: { newestChargePeriodEnd?: string; newestUsageDay?: string };
  notices: Notice[];
}

/** Filters on dimensions of usage widen the statements; more make them slow. */
const maxSharedFilters = 3;

/** @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE */
export async function answerFrame(
  platform: Platform,
  ports: UnitEconomicsPorts,
  selection: Selection,
  scope: Scope,
  signal?: AbortSignal,
): Promise<AnswerFrame> {
  const { span, previous, metric, filters, currency } = selection;
  if (filters.filter(({ dim }) => isShared(dim)).length > maxSharedFilters)
    throw new AppError(
      'VALIDATION_FAILED',
      `At most ${maxSharedFilters} filters on team, product, customer, feature and environment can be combined.`,
    );
  const { warehouse, config } = platform;
  const { cacheSeconds } = config.warehouse;
  const reads = new UnitReads(warehouse, scope, cacheSeconds, signal);
  const withUsage = billOnly(filters).length === 0;
  const whole = { from: Math.min(previous.from, span.from), to: span.to };
  const [bills, usage] = await Promise.all([ports.cost.bills(scope, signal), reads.usageDays([span, previous])]);
  const drops = within(bills, whole);
  const reaching = bills
    .filter((drop) => drop.chargeFrom * 1000 < whole.to && drop.chargeTo * 1000 > whole.from)
    .map(({ dropId }) => dropId)
    .sort();
  const sealed = usage.sealed.map(({ id }) => id).sort();
  const [used, billed] = await Promise.all([
    reads.usedModels(sealed),
    reads.billedNames([...new Set([...drops, ...reaching])].sort(), whole),
  ]);
  const models = indexModels(used, billed.models);
  const languages = billed.models.filter((_, at) => models.billed[at]!.isLanguage);
  const further = [...new Set(used.flatMap(({ currencies }) => currencies))].sort();
  const exchange = await exchangeFor(
    { warehouse, prices: ports.prices, cacheSeconds },
    { span: whole, drops, billed: billed.currencies, further, ...(currency === undefined ? {} : { currency }) },
    scope,
  );
  const frame: Frame = {
    span,
    previous,
    metric,
    filters,
    drops,
    reaching,
    sealed,
    exchange,
    models,
    longestDays: Math.max(1, ...languages.map(({ longestDays }) => longestDays)),
    hasComputed: languages.some(({ isComputed }) => isComputed),
    lacking: new Set(languages.flatMap(({ lacking }) => [...lacking])),
  };
  const inputs = { bills, sealed: usage.sealed };
  return {
    frame,
    reads,
    inputs,
    units: new UnitRows({ frame, reads, withUsage, inputs, scope, keptRegion: keptRegion(warehouse, scope) }),
    withUsage,
    covered: {
      bills:
        bills.length > 0 && dayFloor(Math.min(...bills.map(({ chargeFrom }) => chargeFrom)) * 1000) <= previous.from,
      usage: usage.first !== undefined && Date.parse(`${usage.first}T00:00:00Z`) <= previous.from,
    },
    freshness: freshnessOf(bills, usage.last),
    notices: noticesOf(exchange, billOnlyNames(filters)),
  };
}

function dayFloor(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

function freshnessOf(bills: readonly ActiveDrop[], lastUsage: string | undefined): AnswerFrame['freshness'] {
  const newest = bills.length === 0 ? undefined : Math.max(...bills.map(({ chargeTo }) => chargeTo));
  return {
    ...(newest === undefined ? {} : { newestChargePeriodEnd: isoTime(newest * 1000) }),
    ...(lastUsage === undefined ? {} : { newestUsageDay: lastUsage }),
  };
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function noticesOf(exchange: Exchange, unknown: string): Notice[] {
  const notices: Notice[] = [];
  if (exchange.currency === '')
    notices.push({ severity: 'info', text: 'Neither bills nor usage have arrived for this range.' });
  if (exchange.left.length > 0)
    notices.push({
      severity: 'warning',
      text: `Only ${exchange.currency} is shown: for ${exchange.left.join(', ')} no rate to it is known on every day of the range. Import rates, or ask for that currency.`,
    });
  if (exchange.shown.length > 0)
    notices.push({
      severity: 'info',
      text: `Amounts in ${exchange.shown.map(({ currency }) => currency).join(', ')} are converted by the rate of their day.`,
    });
  if (unknown !== '')
    notices.push({
      severity: 'info',
      text: `Requests and tokens are not known by ${unknown}: nothing is told per request, session or token, and bills count as they are.`,
    });
  return notices;
}

/** The fields that every answer begins with. */
export function spanFields({ frame, reads, freshness, notices }: AnswerFrame) {
  return {
    currency: frame.exchange.currency,
    metric: frame.metric,
    from: isoTime(frame.span.from),
    to: isoTime(frame.span.to),
    previousFrom: isoTime(frame.previous.from),
    previousTo: isoTime(frame.previous.to),
    freshness,
    rates: [...frame.exchange.shown],
    notices,
    ...(reads.oldestSeconds === undefined ? {} : { cachedAgeSeconds: reads.oldestSeconds }),
  };
}
