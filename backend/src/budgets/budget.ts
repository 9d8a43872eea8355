import type { Scope } from '../platform/identity/index.ts';
import { windowProblem } from './budget-window.ts';
import type { BudgetInput } from './contract.ts';
import { Money } from './money.ts';
import { canonicalZone } from './zoned-day.ts';

export interface Person {
  id: string;
  name: string;
}

export interface Budget {
  tenant: string;
  id: string;
  settings: BudgetInput;
  origin: 'api' | 'file' | 'sample';
  version: number;
  createdBy: Person;
  createdAt: Date;
  updatedAt: Date;
}

export type Threshold = BudgetInput['thresholds'][number];

/** Columns of the roll-ups of cost, by which budgets can be narrowed. */
export const budgetDimensions = [
  'ProviderName',
  'ServiceCategory',
  'ServiceName',
  'ChargeCategory',
  'SubAccountName',
  'RegionId',
  'x_Source',
  'x_Team',
  'x_Product',
  'x_Customer',
  'x_Feature',
  'x_Environment',
  'x_Model',
] as const;
export type BudgetDimension = (typeof budgetDimensions)[number];

/** ISO 4217, as the runtime's Unicode data lists them. */
const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** The name of the tag that a filter is about, or undefined where it is about a dimension. */
export function tagOf(dimension: string): string | undefined {
  return dimension.startsWith('tag:') ? dimension.slice('tag:'.length) : undefined;
}

/** Everything that is wrong with the settings, each a sentence that says what to do. */
export function problemsOf(input: BudgetInput, channels: readonly string[]): string[] {
  const problems: string[] = [];
  const window = windowProblem(input.window);
  if (window !== undefined) problems.push(window);
  if (canonicalZone(input.timeZone) === undefined)
    problems.push('timeZone must be a name of the IANA list, e.g. Asia/Seoul or UTC');
  if (!currencies.has(input.currency)) problems.push('currency must be a code of ISO 4217, e.g. USD or KRW');
  if (new Money(input.amount).lte(0)) problems.push('amount must be greater than 0');
  const seen = new Set<string>();
  for (const { dimension } of input.filters) {
    if (seen.has(dimension)) problems.push(`filters name ${dimension} twice; put the values into one`);
    seen.add(dimension);
    if (tagOf(dimension) === '') problems.push('a filter `tag:` must name the tag, e.g. tag:env');
    else if (tagOf(dimension) === undefined && !isBudgetDimension(dimension))
      problems.push(`filters name ${dimension}; there are ${budgetDimensions.join(', ')} and tag:NAME`);
  }
  const unknown = (input.channels ?? []).filter((channel) => !channels.includes(channel));
  if (unknown.length > 0)
    problems.push(
      `channels name ${unknown.join(', ')}; ${channels.length === 0 ? 'none is configured under notify.channels' : `there are ${channels.join(', ')}`}`,
    );
  const keys = input.thresholds.map(thresholdKey);
  if (new Set(keys).size < keys.length) problems.push('thresholds hold the same one twice');
  if (input.thresholds.some(({ value }) => new Money(value).lte(0)))
    problems.push('the value of a threshold must be greater than 0');
  if (input.quiet.some(({ from, to }) => from === to))
    problems.push('a quiet time must end at another time than it begins');
  return problems;
}

/** The settings as they are kept: zone and amounts in one spelling, values once each. */
export function tidied(input: BudgetInput): BudgetInput {
  return {
    ...input,
    name: input.name.trim(),
    amount: new Money(input.amount).toFixed(),
    timeZone: canonicalZone(input.timeZone) ?? input.timeZone,
    filters: input.filters.map(({ dimension, values }) => ({ dimension, values: [...new Set(values)] })),
    thresholds: input.thresholds.map((threshold) => ({ ...threshold, value: new Money(threshold.value).toFixed() })),
  };
}

/**
 * Whether a caller may see (and change) a budget: whoever is limited to regions, teams or products only sees budgets that
 * count nothing outside of them, because an amount tells of all that it adds up.
 */
export function isWithin(scope: Scope, budget: Pick<BudgetInput, 'filters' | 'regions'>): boolean {
  const named = (dimension: string) => budget.filters.find((filter) => filter.dimension === dimension)?.values;
  return (
    isPart(budget.regions, scope.regions) &&
    isPart(named('x_Team'), scope.teams) &&
    isPart(named('x_Product'), scope.products)
  );
}

function isPart(values: readonly string[] | undefined, allowed: readonly string[] | 'all'): boolean {
  return allowed === 'all' || (values !== undefined && values.every((value) => allowed.includes(value)));
}

/** Whether a call with these keys counts against the budget. */
export function covers(budget: Pick<BudgetInput, 'filters'>, keys: Readonly<Record<string, string>>): boolean {
  return budget.filters.every(({ dimension, values }) => values.includes(keys[dimension] ?? ''));
}

/** Names a threshold within its budget: equal ones have equal names. */
export function thresholdKey({ kind, value, on }: Threshold): string {
  return `${on}:${kind}:${new Money(value).toFixed()}`;
}

/** What a threshold is in money. */
export function limitOf({ kind, value }: Threshold, amount: string): Money {
  return kind === 'amount' ? new Money(value) : new Money(amount).times(value).div(100);
}

/** A threshold in words, e.g. `80 % of the amount, forecast`. */
export function labelOf({ kind, value, on }: Threshold, currency: string): string {
  const limit = new Money(value).toFixed();
  return `${kind === 'percent' ? `${limit} % of the amount` : `${limit} ${currency}`}, ${on}`;
}

function isBudgetDimension(name: string): name is BudgetDimension {
  return (budgetDimensions as readonly string[]).includes(name);
}
