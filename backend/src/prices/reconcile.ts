import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { causes, Reconciled, Reconciliation } from './reconciliation-contract.ts';
import { Exact, plain, sum } from './exact.ts';
import { dashed, withoutSnapshot } from './model-name.ts';
import type { LlmUsage, PriceBook, PricedUsage, Prices } from './prices.ts';
import { providerKey } from './provider-name.ts';
import { splitHours } from './reconciliation-hours.ts';
import type { Billed, OwnUsage } from './reconciliation.ts';
import { billedUsage, recordedUsage, type BillRow, type UsageRow } from './reconciliation-repository.ts';

type Cause = (typeof causes)[number];

export interface ReconcileParts {
  warehouse: Warehouse;
  prices: Prices;
  /** Per cent of the bill above which a difference is a finding. */
  threshold: number;
}

const maxFindings = 200;
const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
const method =
  'Per UTC day and model: what the records say is priced again by today’s book; what changed against the estimate, and what ' +
  'the bill charges for the same tokens otherwise, is price change; other shares of cached tokens are cache; more tokens are ' +
  'calls that failed without a recorded usage as far as their number goes, else calls that were not recorded; the remainder ' +
  'is other. Where the bill tells hours, each hour is compared and the day is their sum. The causes add up exactly.';

/** Compares the estimates of whole days in [from, to) with what providers billed. */
export async function reconcile(
  { warehouse, prices, threshold }: ReconcileParts,
  span: { from: Date; to: Date },
  scope: Scope,
): Promise<Reconciliation> {
  const [usage, bills, book] = await Promise.all([
    recordedUsage(warehouse, span, scope),
    billedUsage(warehouse, span, scope),
    prices.book(scope.tenant),
  ]);
  const days = new Comparison(book, prices, scope.tenant);
  await days.compare(usage, bills);
  const { rows, waiting, notCompared } = days;
  return {
    from: dayOf(span.from),
    to: dayOf(span.to),
    thresholdPercent: String(threshold),
    providers: totals(rows, threshold),
    findings: findingsOf(rows, threshold),
    rows,
    waiting,
    notCompared,
    method,
  };
}

/** Days and models side by side. */
class Comparison {
  readonly rows: Reconciled[] = [];
  readonly waiting: Reconciliation['waiting'] = [];
  readonly notCompared: Reconciliation['notCompared'] = [];
  readonly #book: PriceBook;
  readonly #prices: Prices;
  readonly #tenant: string;

  constructor(book: PriceBook, prices: Prices, tenant: string) {
    this.#book = book;
    this.#prices = prices;
    this.#tenant = tenant;
  }

  async compare(usage: readonly UsageRow[], bills: readonly BillRow[]): Promise<void> {
    const providers = new Set(usage.map(({ provider }) => providerKey(provider)));
    const ofModels = bills.filter(({ provider }) => providers.has(providerKey(provider)));
    const billedDays = new Set(ofModels.map(({ day, provider }) => `${day}|${providerKey(provider)}`));
    const own = grouped(usage, keyOf);
    const billed = grouped(ofModels, keyOf);
    const waiting = new Map<string, Reconciliation['waiting'][number]>();
    for (const key of [...new Set([...own.keys(), ...billed.keys()])].sort()) {
      const [mine, theirs] = [own.get(key) ?? [], billed.get(key) ?? []];
      const { day, provider } = mine[0] ?? theirs[0]!;
      if (!billedDays.has(`${day}|${providerKey(provider)}`)) addWaiting(waiting, mine);
      else await this.#compareOne(mine, theirs);
    }
    this.waiting.push(...waiting.values());
  }

  async #compareOne(own: readonly UsageRow[], bills: readonly BillRow[]): Promise<void> {
    const { day, provider, model } = own[0] ?? bills[0]!;
    const place = { day, provider: providerKey(provider), model };
    const currencies = [...new Set(bills.map(({ currency }) => currency))];
    if (currencies.length > 1) {
      const reason = `the bill of that day is in several currencies (${currencies.join(', ')})`;
      this.notCompared.push({ ...place, reason });
      return;
    }
    const currency = currencies[0] ?? own[0]!.currency;
    const rates = await this.#rates(own, currency, day);
    if ('missing' in rates) {
      this.notCompared.push({ ...place, reason: rates.missing });
      return;
    }
    const price = (usage: LlmUsage): PricedUsage | { unpriced: string } => {
      const priced = this.#book.priceLlm(usage);
      return 'unpriced' in priced ? priced : inCurrency(priced, rates.of(priced.currency));
    };
    const split = splitHours(
      hoursOf(own, bills).map((hour) => ({
        own: hour.own.map((row) => ownUsage(row, rates.of(row.currency) ?? '1')),
        bill: hour.bills.length === 0 ? undefined : billOf(hour.bills),
      })),
      price,
    );
    const lines = bills.reduce((total, bill) => total + bill.lines, 0);
    const foreign = own.map((row) => rates.of(row.currency)).find((rate) => rate !== undefined && rate !== '1');
    this.rows.push({ ...place, currency, ...split, lines, ...(foreign === undefined ? {} : { rate: foreign }) });
  }

  /** Rates of the day into the currency of the bill. */
  async #rates(
    own: readonly UsageRow[],
    to: string,
    day: string,
  ): Promise<{ of(currency: string): string | undefined } | { missing: string }> {
    const known = new Map([[to, '1']]);
    for (const currency of new Set(own.map((row) => row.currency))) {
      if (currency === '' || known.has(currency)) continue;
      try {
        const { rate } = await this.#prices.convert({ amount: '1', currency }, to, day, this.#tenant);
        known.set(currency, rate);
      } catch (error) {
        return { missing: (error as Error).message };
      }
    }
    return { of: (currency) => known.get(currency) };
  }
}

/** Hour by hour where every line of the bill is about one hour, else the day as a whole. */
function hoursOf(own: readonly UsageRow[], bills: readonly BillRow[]): { own: UsageRow[]; bills: BillRow[] }[] {
  if (bills.length === 0 || bills.some(({ hour }) => hour === null)) return [{ own: [...own], bills: [...bills] }];
  const hours = [...new Set([...own, ...bills].map(({ hour }) => hour))].sort((a, b) => a! - b!);
  return hours.map((hour) => ({
    own: own.filter((row) => row.hour === hour),
    bills: bills.filter((row) => row.hour === hour),
  }));
}

function keyOf({ day, provider, model }: { day: string; provider: string; model: string }): string {
  const slash = model.lastIndexOf('/');
  return `${day}|${providerKey(provider)}|${dashed(withoutSnapshot(slash < 0 ? model : model.slice(slash + 1)))}`;
}

function grouped<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

function addWaiting(waiting: Map<string, Reconciliation['waiting'][number]>, rows: readonly UsageRow[]): void {
  for (const { day, provider, currency, cost } of rows) {
    const key = `${day}|${providerKey(provider)}|${currency}`;
    const known = waiting.get(key);
    const estimated = plain(new Exact(known?.estimated ?? 0).plus(cost));
    waiting.set(key, { day, provider: providerKey(provider), currency: currency === '' ? 'USD' : currency, estimated });
  }
}

function ownUsage(row: UsageRow, rate: string): OwnUsage {
  const count = (text: string) => Number(text);
  return {
    usage: {
      startedAt: `${row.day}T${String(row.hour).padStart(2, '0')}:30:00Z`,
      provider: row.provider,
      model: row.model,
      serviceTier: row.tier,
      requests: count(row.requests),
      inputTokens: count(row.inputTokens),
      cachedInputTokens: count(row.cachedInputTokens),
      cacheWrite5mTokens: count(row.cacheWrite5mTokens),
      cacheWrite1hTokens: count(row.cacheWrite1hTokens),
      outputTokens: count(row.outputTokens),
      reasoningTokens: count(row.reasoningTokens),
      inputAudioTokens: count(row.inputAudioTokens),
      outputAudioTokens: count(row.outputAudioTokens),
      inputImages: count(row.inputImages),
      outputImages: count(row.outputImages),
      webSearches: count(row.webSearches),
    },
    requests: count(row.requests),
    failed: row.failed === 1,
    withoutUsage: row.withoutUsage === 1,
    cost: plain(new Exact(row.cost).times(rate)),
    costSquares: row.costSquares * Number(rate) ** 2,
  };
}

function billOf(rows: readonly BillRow[]): Billed {
  const total = (field: Exclude<keyof BillRow, 'lines' | 'hour'>): string | undefined => {
    const told = rows.map((row) => row[field]).filter((value) => value !== null);
    return told.length === 0 ? undefined : plain(sum(told.map((value) => new Exact(value))));
  };
  const optional = (name: keyof Billed, value: string | undefined) => (value === undefined ? {} : { [name]: value });
  return {
    cost: total('cost')!,
    lines: rows.reduce((lines, row) => lines + row.lines, 0),
    ...optional('requests', total('requests')),
    ...optional('inputTokens', total('inputTokens')),
    ...optional('cachedTokens', total('cachedTokens')),
    ...optional('writtenTokens', total('writtenTokens')),
    ...optional('outputTokens', total('outputTokens')),
    ...optional('totalTokens', total('totalTokens')),
  };
}

/** A price in another currency; the book's own where there is no rate, which `#rates` has refused before. */
function inCurrency(priced: PricedUsage, rate = '1'): PricedUsage {
  if (rate === '1') return priced;
  const by = (amount: string) => plain(new Exact(amount).times(rate));
  return { ...priced, cost: by(priced.cost), terms: priced.terms.map((term) => ({ ...term, cost: by(term.cost) })) };
}

function totals(rows: readonly Reconciled[], threshold: number): Reconciliation['providers'] {
  return [...grouped(rows, ({ provider, currency }) => `${provider}|${currency}`).values()].map((group) => {
    const { provider, currency } = group[0]!;
    const add = (field: 'billed' | 'estimated' | 'difference') => sum(group.map((row) => new Exact(row[field])));
    const [billed, estimated, difference] = [add('billed'), add('estimated'), add('difference')];
    const percent = billed.isZero() ? undefined : difference.div(billed.abs()).times(100);
    return {
      provider,
      currency,
      billed: plain(billed),
      estimated: plain(estimated),
      difference: plain(difference),
      percent: percent ? plain(percent.toDecimalPlaces(4)) : null,
      causes: causesOf(group),
      days: new Set(group.map(({ day }) => day)).size,
      above: percent ? percent.abs().greaterThan(threshold) : !difference.isZero(),
    };
  });
}

function causesOf(rows: readonly Reconciled[]): Reconciled['causes'] {
  const amounts = new Map<Cause, Exact>();
  for (const { cause, amount } of rows.flatMap((row) => row.causes))
    amounts.set(cause, (amounts.get(cause) ?? new Exact(0)).plus(amount));
  const texts: Record<Cause, string> = {
    'missing-requests': 'calls on one side only',
    'failed-but-billed': 'calls that failed',
    cache: 'other shares of cached tokens',
    'price-change': 'other prices for the same tokens',
    other: 'rounding, and what the bill does not tell apart',
  };
  return [...amounts].map(([cause, amount]) => ({ cause, amount: plain(amount), text: texts[cause] }));
}

function findingsOf(rows: readonly Reconciled[], threshold: number): Reconciliation['findings'] {
  return rows
    .filter(({ percent, difference }) =>
      percent === null ? !new Exact(difference).isZero() : new Exact(percent).abs().greaterThan(threshold),
    )
    .sort((a, b) => new Exact(b.difference).abs().comparedTo(new Exact(a.difference).abs()))
    .slice(0, maxFindings)
    .map((row) => ({
      day: row.day,
      provider: row.provider,
      model: row.model,
      amount: row.difference,
      text: finding(row),
    }));
}

function finding({ provider, model, day, difference, percent, currency, causes: why }: Reconciled): string {
  const amount = new Exact(difference);
  const share = percent === null ? '' : ` (${plain(new Exact(percent).abs())} % of the bill)`;
  const side = amount.isNegative() ? 'below' : 'above';
  const main = [...why].sort((a, b) => new Exact(b.amount).abs().comparedTo(new Exact(a.amount).abs()))[0];
  const cause = main ? `, mostly ${main.cause}: ${main.text}` : '';
  return `${provider} ${model} on ${day}: the bill is ${plain(amount.abs().toDecimalPlaces(6))} ${currency}${share} ${side} the estimate${cause}`;
}
