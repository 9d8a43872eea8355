import type { LlmRequest } from '../anycost/index.ts';
import type { CallPrice, CallPrices } from './ports.ts';

const mostKnown = 10_000;
/** Prices begin and end at instants: what was found out is used for so long. */
const knownMs = 60_000;

/**
 * What calls over routes are expected to cost, remembered by route and tokens, because each call asks for all of its routes.
 * Tokens of prompts are an estimate; they are rounded up to three digits, so that calls of about one length share an answer.
 */
export class ExpectedCosts {
  readonly #byBook = new WeakMap<CallPrices, { since: number; costs: Map<string, CallPrice | undefined> }>();

  /** @param now milliseconds since the epoch. @returns undefined where the model has no price */
  of(book: CallPrices, usage: ExpectedUsage, now: number): CallPrice | undefined {
    let own = this.#byBook.get(book);
    if (!own || now < own.since || now - own.since > knownMs || own.costs.size >= mostKnown) {
      own = { since: now, costs: new Map() };
      this.#byBook.set(book, own);
    }
    const { provider, model, outputTokens } = usage;
    const inputTokens = roundedUp(usage.inputTokens);
    const name = `${provider}\u0000${model}\u0000${inputTokens}\u0000${outputTokens}`;
    const known = own.costs.get(name);
    if (known !== undefined || own.costs.has(name)) return known;
    const request: LlmRequest = { ...usage, inputTokens, requestId: '', startedAt: new Date(now).toISOString() };
    const priced = book.priceLlm(request);
    const cost = 'cost' in priced ? { cost: priced.cost, currency: priced.currency } : undefined;
    own.costs.set(name, cost);
    return cost;
  }
}

type ExpectedUsage = Pick<LlmRequest, 'provider' | 'model' | 'inputTokens' | 'outputTokens'>;

/** @returns the count with its first three digits, never less than it is */
export function roundedUp(count: number): number {
  if (count < 1000) return Math.ceil(count);
  const unit = 10 ** (Math.floor(Math.log10(count)) - 2);
  return Math.ceil(count / unit) * unit;
}
