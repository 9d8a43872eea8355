import { dimensions, dropsOf, filtersOf, isDimension, metricOf, type Selection } from '../cost/index.ts';
import { exact, exactProduct, exactText } from '../platform/amounts/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Definition, Report } from './contract.ts';
import { exchangeOf, type Exchange } from './exchange.ts';
import type { AllocationReport, ShowbackPorts } from './ports.ts';
import { periodOf, type Period } from './report-period.ts';
import { directLevels, sharedLevels, type LevelRows } from './report-rows.ts';
import { readDays, readGroups, type CostQuestion } from './showback-repository.ts';
import { daysFrom, hoursOf } from '../cost/index.ts';

/** Rows of the innermost level; a report with more is no report that anyone reads. */
const maxRows = 100_000;
const maxDrops = 5_000;
/** Reads of one report that may meet bills that change between them. */
const tries = 3;

interface Understood {
  definition: Definition;
  period: Period;
  selection: Selection;
  metric: NonNullable<Definition['metric']>;
  /** The outermost level where shared costs are split by rule. */
  owner: 'x_Team' | 'x_Product' | 'x_Customer' | undefined;
}

/** Makes reports of who owes what. */
export class Reports {
  readonly #platform: Platform;
  readonly #ports: ShowbackPorts;

  constructor(platform: Platform, ports: ShowbackPorts) {
    this.#platform = platform;
    this.#ports = ports;
  }

  /** @throws AppError VALIDATION_FAILED saying what is wrong in a definition */
  check(definition: Definition, now = this.#platform.clock.now()): void {
    this.#understand(definition, now);
  }

  /**
   * A report as of an instant, which decides what `lastMonth` is. Each level, and what is allocated and what is not, add up
   * to the bills.
   * @throws AppError VALIDATION_FAILED, UNPROCESSABLE (a rate is missing), QUERY_LIMIT, UNAVAILABLE
   */
  async make(definition: Definition, scope: Scope, now = this.#platform.clock.now()): Promise<Report> {
    const asked = this.#understand(definition, now);
    for (let turn = 1; ; turn++) {
      const made = await this.#read(asked, scope, now);
      if (made !== undefined) return made;
      if (turn === tries)
        throw new AppError('UNAVAILABLE', 'The bills change while the report is made.', {
          help: 'Repeat it in a minute.',
        });
    }
  }

  #understand(definition: Definition, now: Date): Understood {
    const { levels, filters = [], metric = 'EffectiveCost', sharedCosts = false } = definition;
    const unknown = levels.find((name) => !isDimension(name));
    if (unknown !== undefined)
      throw invalid(`There is no dimension ${unknown}. There are ${Object.keys(dimensions).join(', ')}.`);
    if (new Set(levels).size < levels.length) throw invalid('A level stands twice; name each dimension once.');
    const period = periodOf(definition, now);
    const owner = sharedCosts ? this.#ownerOf(definition) : undefined;
    const selection = { from: period.from, to: period.to, filters: filtersOf(filters) };
    return { definition, period, selection, metric: metricOf(metric), owner };
  }

  #ownerOf({ levels }: Definition): Understood['owner'] {
    const [first] = levels;
    if (this.#ports.allocation === undefined) throw invalid('This installation has no rules of shared costs.');
    if (first !== 'x_Team' && first !== 'x_Product' && first !== 'x_Customer')
      throw invalid('Shared costs are split by team, product or customer: put one of them outermost.');
    return first;
  }

  /** Undefined where the bills changed between two reads. */
  async #read(asked: Understood, scope: Scope, now: Date): Promise<Report | undefined> {
    const { warehouse } = this.#platform;
    const { definition, period, selection, metric, owner } = asked;
    const drops = await dropsOf(warehouse, selection, scope);
    if (drops.length > maxDrops)
      throw new AppError('QUERY_LIMIT', `The period touches ${drops.length} bills; at most ${maxDrops} are added up.`);
    const question: CostQuestion = { metric, selection, period, drops };
    const days = await readDays(warehouse, question, scope);
    const exchange = await exchangeOf(this.#ports.prices, {
      asked: definition.currency,
      billed: byLines(days),
      further:
        owner === undefined || selection.filters.length === 0
          ? []
          : byLines(await readDays(warehouse, { ...question, selection: { ...selection, filters: [] } }, scope)),
      period,
      tenant: scope.tenant,
    });
    const costs = await readGroups(
      warehouse,
      { ...question, levels: definition.levels, exchange, most: maxRows },
      scope,
    );
    if (costs.length > maxRows)
      throw new AppError('QUERY_LIMIT', `The report has more than ${maxRows} rows.`, {
        help: 'Leave out a level, narrow it by a filter, or choose a shorter period.',
      });
    const own = costs.reduce((sum, { cost }) => sum + exact(cost), 0n);
    if (owner === undefined)
      return reportOf(asked, exchange, now, days, own, directLevels(definition.levels, costs, own));
    const allocation = await this.#ports.allocation!.report(
      {
        ...{ from: new Date(period.from), to: new Date(period.to), by: owner, metric },
        ...{ timeZone: period.zone, filters: selection.filters },
        exchange: { currency: exchange.currency, rates: exchange.rates, firstDay: period.firstDay },
      },
      scope,
    );
    // Who sees or asks for some owners only is told their part of shared costs, which lies beyond their own lines.
    const asksOwners = selection.filters.some(({ dim }) => dim === owner);
    const narrowed = scope.teams !== 'all' || scope.products !== 'all' || asksOwners;
    if (!narrowed && exact(allocation.bills) !== own) return undefined;
    const levels = sharedLevels(definition.levels, costs, allocation);
    return reportOf(asked, exchange, now, days, exact(allocation.bills), levels, allocation);
  }
}

type Days = Awaited<ReturnType<typeof readDays>>;

/** Currencies of the bills, that of most lines first. */
function byLines(days: Days): string[] {
  const lines = new Map<string, number>();
  for (const { currency, lines: count } of days) lines.set(currency, (lines.get(currency) ?? 0) + count);
  return [...lines].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([currency]) => currency);
}

function reportOf(
  { definition, period }: Understood,
  exchange: Exchange,
  now: Date,
  days: Days,
  bills: bigint,
  levels: LevelRows[],
  allocation?: AllocationReport,
): Report {
  const first = levels[0]?.rows ?? [];
  const unowned = first.filter(({ keys }) => keys[0] === '').reduce((sum, { total }) => sum + exact(total), 0n);
  const unallocated = allocation === undefined ? unowned : exact(allocation.unallocated);
  return {
    definition,
    currency: exchange.currency,
    timeZone: period.zone,
    firstDay: period.firstDay,
    lastDay: period.lastDay,
    from: new Date(period.from).toISOString(),
    to: new Date(period.to).toISOString(),
    levels: levels.map(({ rows, missingShare }, index) => {
      const dim = definition.levels[index]!;
      return {
        dim,
        label: isDimension(dim) ? dimensions[dim] : dim,
        rows,
        rowCount: rows.length,
        ...(missingShare === undefined ? {} : { missingShare }),
      };
    }),
    days: daySums(days, exchange, period),
    closes: {
      bills: exactText(bills),
      allocated: exactText(bills - unallocated),
      unallocated: exactText(unallocated),
      withoutOwner: exactText(unowned),
    },
    rules: allocation?.rules.map(({ name }) => name) ?? [],
    rates: exchange.shown,
    notices: noticesOf(exchange, bills, days, allocation),
    createdAt: now.toISOString(),
  };
}

/** Cost of each day in the one currency: the rate of the day times its sum. */
function daySums(days: Days, exchange: Exchange, period: Period): Report['days'] {
  const sums = new Map<string, bigint>();
  const all = daysFrom(period.firstDay, period.lastDay);
  const places = new Map(all.map((day, place) => [day, place]));
  for (const { currency, day, cost } of days) {
    const rate = currency === exchange.currency ? '1' : exchange.rates.get(currency)?.[places.get(day) ?? -1];
    if (rate !== undefined) sums.set(day, (sums.get(day) ?? 0n) + exactProduct(exact(cost), exact(rate)));
  }
  return all.map((day) => ({ day, hours: hoursOf(day, period.zone), cost: exactText(sums.get(day) ?? 0n) }));
}

function noticesOf(
  exchange: Exchange,
  bills: bigint,
  days: Days,
  allocation: AllocationReport | undefined,
): Report['notices'] {
  const notices: Report['notices'] = [...(allocation?.notices ?? [])];
  if (exchange.left.length > 0)
    notices.push({
      severity: 'warning',
      text: `Bills in ${exchange.left.join(', ')} are left out: there is no rate to ${exchange.currency} for every day.`,
      ko: `${exchange.left.join(', ')} 청구서는 제외되었습니다: ${exchange.currency}로 환산할 환율이 없는 날짜가 있습니다.`,
    });
  if (days.length === 0)
    notices.push({
      severity: 'info',
      text: 'The bills have no charge in this period.',
      ko: '이 기간에는 청구 항목이 없습니다.',
    });
  else if (bills === 0n)
    notices.push({
      severity: 'info',
      text: 'The charges of this period add up to 0.',
      ko: '이 기간의 청구 금액 합계는 0입니다.',
    });
  return notices;
}

function invalid(reason: string): AppError {
  return new AppError('VALIDATION_FAILED', reason);
}
