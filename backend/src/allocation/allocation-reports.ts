import { exactText } from '../platform/amounts/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { addDays, dayAt, dayMs, type ActiveDrop, type Filter, type Metric, type Span } from '../cost/index.ts';
import { allocate, type Allocated, type RuleOutcome } from './allocate.ts';
import { countWholeDayLines, readCells, readTokens } from './allocation-repository.ts';
import type { AllocationReport, Effect, Owner, Rule } from './contract.ts';
import type { Exchange } from './exchange.ts';
import { exchangeFor } from './exchange-repository.ts';
import type { AllocationPorts } from './ports.ts';
import { rulesInOrder } from './rule.ts';
import type { Rules } from './rules.ts';

export interface ReportAsked {
  /** Whole UTC days hold the span, unless a time zone is named. */
  from: Date;
  to: Date;
  by: Owner;
  /** IANA name of a zone whose days the span holds whole; shares are then told by its months. Absent: UTC. */
  timeZone?: string;
  /**
   * Those on other dimensions than `by` leave lines of the bills, those on `by` leave owners with all that they bear. Shares are
   * told by all lines, so that the reports of parts add up to that of the whole (a share to its tenth digit).
   */
  filters?: readonly Filter[];
  /** Rates of each day of the zone from its first, where the caller has them; else they are looked up by UTC day. */
  exchange?: { currency: string; rates: ReadonlyMap<string, readonly string[]>; firstDay: string };
  currency?: string;
  metric?: Metric;
  /** Leaves out the lines that name a model. */
  withoutModels?: boolean;
}

/** Reads in one go; two years of two hundred sources. */
const maxDrops = 5_000;
const maxDays = 1_100;

interface Computed {
  allocated: Allocated;
  exchange: Exchange;
  drops: readonly ActiveDrop[];
  /** Owners that the caller may see; undefined: all. */
  shown: readonly string[] | undefined;
  /** Owners that filters leave; undefined: all. */
  picked: readonly string[] | undefined;
  /** Lines that last a UTC day or longer, where the days are those of another zone. */
  wholeDayLines: number;
}

/** Answers who bears what. */
export class AllocationReports {
  readonly #platform: Platform;
  readonly #ports: AllocationPorts;
  readonly #rules: Rules;

  constructor(platform: Platform, ports: AllocationPorts, rules: Rules) {
    this.#platform = platform;
    this.#ports = ports;
    this.#rules = rules;
  }

  /** @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE */
  async report(asked: ReportAsked, scope: Scope): Promise<AllocationReport> {
    const rules = rulesInOrder(await this.#rules.list(scope.tenant), asked.by);
    const span = spanOf(asked);
    return reportOf(asked, span, await this.#compute(asked, span, rules, scope));
  }

  /** What a rule would change, in place of another one or beside those that stand. */
  async effect(
    rule: Rule,
    replaces: number | undefined,
    asked: Omit<ReportAsked, 'by'>,
    scope: Scope,
  ): Promise<Effect> {
    const query = { ...asked, by: rule.target };
    const span = wholeDays(asked.from, asked.to);
    const present = await this.#rules.list(scope.tenant);
    const others = present.filter(({ id, name }) => id !== replaces && name !== rule.name);
    const [before, after] = [
      await this.#compute(query, span, rulesInOrder(present, rule.target), scope),
      await this.#compute(query, span, rulesInOrder([...others, rule], rule.target), scope),
    ];
    return effectOf(rule, before, after);
  }

  async #compute(asked: ReportAsked, span: Span, rules: readonly Rule[], scope: Scope): Promise<Computed> {
    const { warehouse, config } = this.#platform;
    const { cacheSeconds } = config.warehouse;
    const { scope: view, shown } = viewOf(scope, asked.by);
    const drops = await this.#ports.cost.bills(scope);
    const ids = within(drops, span);
    const exchange = asked.exchange
      ? givenExchange(asked.exchange)
      : await exchangeFor(
          { warehouse, prices: this.#ports.prices, cacheSeconds },
          {
            span: daysOf(span),
            rateDays: rateDaysOf(span, asked.timeZone ?? 'UTC'),
            drops: ids,
            ...(asked.currency === undefined ? {} : { currency: asked.currency }),
          },
          view,
        );
    const { filters = [], timeZone = 'UTC' } = asked;
    const query = {
      span,
      ...(timeZone === 'UTC' ? {} : { zone: timeZone }),
      filters: filters.filter(({ dim }) => dim !== asked.by),
      by: asked.by,
      metric: asked.metric ?? ('EffectiveCost' as const),
      rules,
      drops: ids,
      exchange,
      withoutModels: asked.withoutModels ?? false,
    };
    const cells = await readCells(warehouse, query, view, cacheSeconds);
    const needsTokens = rules.some(({ base }) => base === 'tokens');
    const tokens = needsTokens ? await readTokens(warehouse, query, view, cacheSeconds) : [];
    const picked = pickedOf(filters, asked.by);
    const wholeDayLines = timeZone === 'UTC' ? 0 : await countWholeDayLines(warehouse, query, scope, cacheSeconds);
    return { allocated: allocate(cells, tokens, rules), exchange, drops, shown, picked, wholeDayLines };
  }
}

/** Owners that pass the filters on the dimension of owners; undefined without any. */
function pickedOf(filters: readonly Filter[], by: Owner): readonly string[] | undefined {
  const own = filters.filter(({ dim }) => dim === by);
  const [first, ...others] = own;
  return first?.values.filter((value) => others.every(({ values }) => values.includes(value)));
}

function givenExchange({ currency, rates, firstDay }: NonNullable<ReportAsked['exchange']>): Exchange {
  return { currency, rates, firstDay: Date.parse(`${firstDay}T00:00:00Z`), shown: [], left: [] };
}

/** @throws AppError VALIDATION_FAILED */
function spanOf({ from, to, timeZone = 'UTC' }: ReportAsked): Span {
  const days = wholeDays(from, to);
  return timeZone === 'UTC' ? days : { from: from.getTime(), to: to.getTime() };
}

/** The days of the zone, as the days of UTC that are called the same: rates are told by the name of the day. */
function rateDaysOf({ from, to }: Span, zone: string): Span {
  const midnight = (day: string) => Date.parse(`${day}T00:00:00Z`);
  return { from: midnight(dayAt(from, zone)), to: midnight(addDays(dayAt(to - 1, zone), 1)) };
}

function daysOf({ from, to }: Span): Span {
  return wholeDays(new Date(from), new Date(to));
}

/**
 * Whose cost is read, and which owners are shown. Who sees only some teams is still told their part of what all teams share,
 * which follows from the cost of all; of others he sees nothing. Any other narrowing holds for the lines themselves.
 */
function viewOf(scope: Scope, by: Owner): { scope: Scope; shown: readonly string[] | undefined } {
  if (by === 'x_Team' && scope.teams !== 'all' && scope.products === 'all')
    return { scope: { ...scope, teams: 'all' }, shown: scope.teams };
  if (by === 'x_Product' && scope.products !== 'all' && scope.teams === 'all')
    return { scope: { ...scope, products: 'all' }, shown: scope.products };
  return { scope, shown: undefined };
}

/** The UTC days that hold the span. @throws AppError VALIDATION_FAILED */
export function wholeDays(from: Date, to: Date): Span {
  const span = { from: Math.floor(from.getTime() / dayMs) * dayMs, to: Math.ceil(to.getTime() / dayMs) * dayMs };
  if (!(span.to > span.from)) throw new AppError('VALIDATION_FAILED', '`to` must lie after `from`.');
  if (span.to - span.from > maxDays * dayMs)
    throw new AppError('VALIDATION_FAILED', `The range is longer than ${maxDays} days; ask for a shorter one.`);
  return span;
}

/** Ids of the bills with charges that begin in the span. @throws AppError QUERY_LIMIT */
export function within(drops: readonly ActiveDrop[], span: Span): string[] {
  const ids = drops
    .filter((drop) => drop.chargeFrom * 1000 < span.to && drop.chargeLast * 1000 >= span.from)
    .map(({ dropId }) => dropId);
  if (ids.length <= maxDrops) return ids.sort();
  throw new AppError('QUERY_LIMIT', `The range touches ${ids.length} bills; at most ${maxDrops} are added up at once.`);
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

function reportOf(asked: ReportAsked, span: Span, computed: Computed): AllocationReport {
  const { allocated, exchange, drops, shown, picked } = computed;
  const mine = (owner: string) => shown === undefined || shown.includes(owner);
  const rows = allocated.rows.filter(({ owner }) => mine(owner) && (picked === undefined || picked.includes(owner)));
  const all = shown === undefined;
  // What nobody bears stands under the empty name.
  const unallocated = all && (picked === undefined || picked.includes('')) ? allocated.unallocated : 0n;
  const bills = rows.reduce((sum, row) => sum + row.total, unallocated);
  const newest = drops.length === 0 ? undefined : Math.max(...drops.map(({ chargeTo }) => chargeTo));
  return {
    by: asked.by,
    metric: asked.metric ?? 'EffectiveCost',
    currency: exchange.currency,
    timeZone: asked.timeZone ?? 'UTC',
    from: iso(span.from),
    to: iso(span.to),
    bills: exactText(bills),
    rows: rows.map((row) => ({
      owner: row.owner,
      direct: exactText(row.direct),
      shared: [...row.shared].map(([rule, amount]) => ({ rule, amount: exactText(amount) })),
      total: exactText(row.total),
      lines: row.lines,
    })),
    unallocated: exactText(unallocated),
    unallocatedParts: all ? unallocatedParts(allocated) : [],
    closes: true,
    rules: all ? allocated.rules.map(ruleLine) : [],
    rates: [...exchange.shown],
    freshness: newest === undefined ? {} : { newestChargePeriodEnd: iso(newest * 1000) },
    notices: [...noticesOf(exchange, all), ...wholeDayNotices(asked, computed)],
  };
}

/** What a zone's days cannot tell of lines that were written by the day of UTC. */
function wholeDayNotices({ timeZone }: ReportAsked, { wholeDayLines }: Computed): AllocationReport['notices'] {
  if (wholeDayLines === 0) return [];
  const text = `${wholeDayLines} lines of the bills last a day or longer; each counts whole on the day of ${timeZone} on which it begins.`;
  const ko = `청구 항목 ${wholeDayLines}개는 하루 이상에 걸쳐 있으며, 각각 시작하는 ${timeZone} 날짜에 전액이 반영됩니다.`;
  return [{ severity: 'info', text, ko }];
}

function ruleLine(outcome: RuleOutcome): AllocationReport['rules'][number] {
  const { rule, amount, allocated, lines } = outcome;
  const note = noteOf(outcome);
  return {
    name: rule.name,
    method: rule.method,
    ...(rule.base === undefined ? {} : { base: rule.base }),
    amount: exactText(amount),
    allocated: exactText(allocated),
    lines,
    ...(note === undefined ? {} : { note }),
  };
}

function noteOf({ failed, rule, lines }: RuleOutcome): string | undefined {
  if (lines === 0) return 'No line of the bills matches it.';
  if (failed.size === 0) return undefined;
  const months = [...failed.keys()].map((month) => `${String(month).slice(0, 4)}-${String(month).slice(4)}`);
  return `Not allocated in ${months.join(', ')}: ${[...new Set(failed.values())].join(' ')} (${rule.method})`;
}

function unallocatedParts({ unclaimed, rules }: Allocated): AllocationReport['unallocatedParts'] {
  const parts: AllocationReport['unallocatedParts'] = [];
  if (unclaimed.lines > 0)
    parts.push({
      reason: 'The lines name no owner, and no rule takes them.',
      amount: exactText(unclaimed.amount),
      lines: unclaimed.lines,
    });
  for (const outcome of rules) {
    if (outcome.failed.size === 0) continue;
    parts.push({
      reason: noteOf(outcome) ?? '',
      rule: outcome.rule.name,
      amount: exactText(outcome.amount - outcome.allocated),
      lines: outcome.lines,
    });
  }
  return parts;
}

function noticesOf(exchange: Exchange, all: boolean): AllocationReport['notices'] {
  const notices: AllocationReport['notices'] = [];
  if (exchange.left.length > 0)
    notices.push({
      severity: 'warning',
      text: `Only ${exchange.currency} is shown: for ${exchange.left.join(', ')} no rate to it is known on every day of the range. Import rates, or ask for that currency.`,
      ko: `${exchange.currency} 비용만 표시됩니다: ${exchange.left.join(', ')}의 환율이 기간의 모든 날짜에 있지는 않습니다. 환율을 가져오거나 해당 통화로 조회하세요.`,
    });
  if (exchange.shown.length > 0)
    notices.push({
      severity: 'info',
      text: `Amounts in ${exchange.shown.map(({ currency }) => currency).join(', ')} are converted by the rate of their day.`,
      ko: `${exchange.shown.map(({ currency }) => currency).join(', ')} 금액은 해당 날짜의 환율로 환산됩니다.`,
    });
  if (!all)
    notices.push({
      severity: 'info',
      text: 'You see your own part only; the total is that of the rows shown here.',
      ko: '본인 범위의 비용만 보입니다. 합계는 여기에 표시된 행의 합계입니다.',
    });
  return notices;
}

function effectOf(rule: Rule, before: Computed, after: Computed): Effect {
  const totals = ({ allocated }: Computed) => new Map(allocated.rows.map(({ owner, total }) => [owner, total]));
  const [old, young] = [totals(before), totals(after)];
  const mine = (owner: string) => after.shown === undefined || after.shown.includes(owner);
  const rows = [...new Set([...old.keys(), ...young.keys()])]
    .filter(mine)
    .map((owner) => ({ owner, before: old.get(owner) ?? 0n, after: young.get(owner) ?? 0n }))
    .filter((row) => row.before !== row.after)
    .sort((a, b) => compare(size(b.after - b.before), size(a.after - a.before)) || (a.owner < b.owner ? -1 : 1));
  const outcome = after.allocated.rules.find((one) => one.rule.name === rule.name);
  const note = rule.enabled === false ? 'The rule is switched off.' : outcome && noteOf(outcome);
  const all = after.shown === undefined;
  return {
    currency: after.exchange.currency,
    bills: all ? exactText(after.allocated.bills) : '0',
    matched: { amount: exactText(outcome?.amount ?? 0n), lines: outcome?.lines ?? 0 },
    ...(note === undefined ? {} : { note }),
    rows: rows.map((row) => ({
      owner: row.owner,
      before: exactText(row.before),
      after: exactText(row.after),
      difference: exactText(row.after - row.before),
    })),
    unallocatedBefore: all ? exactText(before.allocated.unallocated) : '0',
    unallocatedAfter: all ? exactText(after.allocated.unallocated) : '0',
  };
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
