import { Decimal } from 'decimal.js';
import type { LayerTools } from '../gateway/index.ts';
import type { LlmRequest } from '../anycost/index.ts';
import type { Experiment } from './experiment.ts';

/** Sums what an experiment pays for one copy, as calls of applications are settled: every try, also those that failed. */
export class ShadowLedger {
  readonly #experiment: Pick<Experiment, 'tenant' | 'currency'>;
  readonly #tools: Pick<LayerTools, 'price' | 'convert'>;
  readonly #usages: LlmRequest[] = [];

  constructor(experiment: Pick<Experiment, 'tenant' | 'currency'>, tools: Pick<LayerTools, 'price' | 'convert'>) {
    this.#experiment = experiment;
    this.#tools = tools;
  }

  add(usages: readonly LlmRequest[]): void {
    this.#usages.push(...usages);
  }

  /** Whether something that may have been billed has no price: the budget does not see it. */
  get hasUnpriced(): boolean {
    return this.#usages.some((usage) => isUsed(usage) && !this.#tools.price(this.#experiment.tenant, usage));
  }

  /** In the currency of the experiment. @param held counts where a price cannot be converted into it */
  async cost(held: string): Promise<string> {
    const { tenant, currency } = this.#experiment;
    let sum = new Decimal(0);
    for (const usage of this.#usages) {
      const price = this.#tools.price(tenant, usage);
      if (!price) continue;
      try {
        sum = sum.plus(price.currency === currency ? price.cost : await this.#tools.convert(tenant, price, currency));
      } catch {
        return held;
      }
    }
    return sum.toFixed();
  }
}

function isUsed({ inputTokens, outputTokens }: LlmRequest): boolean {
  return inputTokens + outputTokens > 0;
}
