import { Decimal } from 'decimal.js';
import type { RouteRow, WouldHave } from './contract.ts';

export interface PricedModel {
  provider: string;
  model: string;
}

/** A model that a policy can choose. */
export interface ChoosableModel extends PricedModel {
  /** What the policy expects of its answers, 0 to 1. */
  quality?: number;
}

/** Prices a call of so many tokens, in the currency of the answer; undefined where it has no price in it. */
export type PriceCall = (
  model: PricedModel,
  tokens: { input: number; cached: number; output: number },
) => string | undefined;

const method =
  'The mean call of each policy and feature, priced at every model that its policy can choose, times the number of calls; the dearest counts. As many tokens, and as many of them cached by the provider, on both sides; what a cache of the gateway answered counts as it would have cost.';

/**
 * What the calls would have cost had each gone to the dearest model of its policy.
 *
 * @param rows sums by policy, provider, model and feature of the calls that no cache answered
 * @param choosable models that a policy can choose, also where nothing went to them
 * @param spared what answers out of a cache would have cost, by policy
 * @returns undefined where nothing can be compared
 */
export function wouldHave(
  rows: readonly RouteRow[],
  choosable: ReadonlyMap<string, readonly ChoosableModel[]>,
  spared: ReadonlyMap<string, string>,
  price: PriceCall,
): WouldHave | undefined {
  const models: WouldHave['models'] = [];
  const quality = new QualitySums();
  let [cost, spent, calls] = [new Decimal(0), new Decimal(0), 0];
  for (const [policy, group] of groupsOf(rows)) {
    const answered = group.filter((row) => row.answered > 0 && answersOf(row) > 0 && row.inputTokens > 0);
    if (answered.length === 0) continue;
    // What only marks answers, or only ever stands behind others, is known by its policy.
    const known = unique([...modelsOf(answered), ...(choosable.get(policy) ?? [])]);
    const priced = known.flatMap((model) => {
      const sum = costAt(model, answered, price);
      return sum === undefined ? [] : [{ model, sum }];
    });
    const own = spentOf(group, price);
    const dearest = priced.reduce<(typeof priced)[number] | undefined>(
      (most, one) => (most === undefined || one.sum.gt(most.sum) ? one : most),
      undefined,
    );
    if (dearest === undefined || own === undefined) continue;
    const whole = dearest.sum.plus(spared.get(policy) ?? 0);
    cost = cost.plus(whole);
    spent = spent.plus(own);
    calls += group.reduce((sum, row) => sum + row.answered, 0);
    models.push({ policy, model: dearest.model.model, cost: whole.toFixed() });
    quality.add(group, dearest.model, choosable.get(policy) ?? []);
  }
  if (models.length === 0) return undefined;
  const saved = cost.minus(spent);
  return {
    cost: cost.toFixed(),
    spent: spent.toFixed(),
    saved: saved.toFixed(),
    ...(cost.gt(0) ? { share: saved.div(cost).toDecimalPlaces(6).toNumber() } : {}),
    models: models.sort((a, b) => new Decimal(b.cost).comparedTo(a.cost)),
    calls,
    ...quality.means(),
    method,
  };
}

/** What policies expect of the models that answered, and of the dearest ones instead; nothing where they do not say of any. */
class QualitySums {
  #calls = 0;
  #own = 0;
  #dearest = 0;
  #isKnown = true;

  add(rows: readonly RouteRow[], dearest: PricedModel, choosable: readonly ChoosableModel[]): void {
    const of = ({ provider, model }: PricedModel): number | undefined =>
      choosable.find((one) => one.provider === provider && one.model === model && one.quality !== undefined)?.quality;
    const instead = of(dearest);
    for (const row of rows) {
      // Of calls that a cascade asked twice the row of the cheap model does not tell how many.
      this.#isKnown &&= answersOf(row) === row.answered;
      if (row.answered === 0) continue;
      const [model] = modelsOf([row]);
      const own = model && of(model);
      this.#isKnown &&= own !== undefined && instead !== undefined;
      this.#calls += row.answered;
      this.#own += (own ?? 0) * row.answered;
      this.#dearest += (instead ?? 0) * row.answered;
    }
  }

  means(): Pick<WouldHave, 'quality'> {
    if (!this.#isKnown || this.#calls === 0) return {};
    return { quality: { chosen: this.#own / this.#calls, dearest: this.#dearest / this.#calls } };
  }
}

function groupsOf(rows: readonly RouteRow[]): Map<string, RouteRow[]> {
  const groups = new Map<string, RouteRow[]>();
  for (const row of rows) {
    const policy = row.keys['policy'] ?? '';
    if (row.other === true || policy === '') continue;
    groups.set(policy, [...(groups.get(policy) ?? []), row]);
  }
  return groups;
}

function modelsOf(rows: readonly RouteRow[]): PricedModel[] {
  return rows
    .map(({ keys }) => ({ provider: keys['provider'] ?? '', model: keys['model'] ?? '' }))
    .filter(({ model }) => model !== '');
}

function unique(models: readonly PricedModel[]): PricedModel[] {
  return [...new Map(models.map((one) => [JSON.stringify([one.provider, one.model]), one])).values()];
}

/**
 * Tries that brought an answer: those that were followed by a stronger route's and those of judges as well, which are paid and are
 * the answer of no call.
 */
function answersOf({ tries, failedTries, cancelled }: RouteRow): number {
  return Math.max(0, tries - failedTries - cancelled);
}

/** The calls of the rows at one model: the mean call of each row, so that prices by length hold. */
function costAt(model: PricedModel, rows: readonly RouteRow[], price: PriceCall): Decimal | undefined {
  let sum = new Decimal(0);
  for (const row of rows) {
    const one = price(model, meanOf(row));
    if (one === undefined) return undefined;
    sum = sum.plus(new Decimal(one).times(row.answered));
  }
  return sum;
}

function spentOf(rows: readonly RouteRow[], price: PriceCall): Decimal | undefined {
  let sum = new Decimal(0);
  for (const row of rows) {
    const answers = answersOf(row);
    if (answers === 0 || row.inputTokens === 0) continue;
    const [model] = modelsOf([row]);
    const one = model && price(model, meanOf(row));
    if (one === undefined) return undefined;
    sum = sum.plus(new Decimal(one).times(answers));
  }
  return sum;
}

function meanOf(row: RouteRow): { input: number; cached: number; output: number } {
  const answers = answersOf(row);
  return {
    input: Math.round(row.inputTokens / answers),
    cached: Math.floor(row.cachedInputTokens / answers),
    output: Math.round(row.outputTokens / answers),
  };
}
