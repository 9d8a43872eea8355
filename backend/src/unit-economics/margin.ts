import { exact, exactProduct } from '../platform/amounts/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { dayMs, type Span } from '../cost/index.ts';
import { dayText, revenueOfDays } from '../revenue/index.ts';
import type { AnswerFrame } from './answer-frame.ts';
import type { UnitEconomicsPorts } from './ports.ts';

/**
 * Revenue of each customer in the span and the currency of the answer, each day's part converted by its rate. Currencies
 * without a rate are named in `left`. Undefined where nobody has sent revenue for these days.
 */
export async function revenueByCustomer(
  ports: UnitEconomicsPorts,
  { frame }: AnswerFrame,
  span: Span,
  scope: Scope,
): Promise<{ revenue: Map<string, bigint>; left: string[] } | undefined> {
  if (ports.revenue === undefined) return undefined;
  const lines = await ports.revenue.between(span, scope);
  if (lines.length === 0) return undefined;
  const revenue = new Map<string, bigint>();
  const left = new Set<string>();
  const rates = new Map<string, ReadonlyMap<string, { rate: string }> | undefined>();
  for (const line of lines) {
    const part = revenueOfDays(line, span);
    if (part === undefined) continue;
    const isOther = line.currency !== frame.exchange.currency;
    if (isOther && !rates.has(line.currency))
      rates.set(line.currency, await ratesOf(ports, line.currency, frame.exchange.currency, span, scope));
    const amount = isOther ? converted(part, rates.get(line.currency)) : part.each * BigInt(part.days - 1) + part.last;
    if (amount === undefined) left.add(line.currency);
    else revenue.set(line.customer, (revenue.get(line.customer) ?? 0n) + amount);
  }
  return { revenue, left: [...left].sort() };
}

async function ratesOf(ports: UnitEconomicsPorts, from: string, to: string, span: Span, scope: Scope) {
  if (ports.prices === undefined || to === '') return undefined;
  return ports.prices
    .rates(from, to, dayText(span.from), dayText(span.to - dayMs), scope.tenant)
    .catch(() => undefined);
}

function converted(
  part: { first: number; days: number; each: bigint; last: bigint },
  rates: ReadonlyMap<string, { rate: string }> | undefined,
): bigint | undefined {
  let sum = 0n;
  for (let place = 0; place < part.days; place++) {
    const rate = rates?.get(dayText(part.first + place * dayMs));
    if (rate === undefined) return undefined;
    sum += exactProduct(place + 1 === part.days ? part.last : part.each, exact(rate.rate));
  }
  return sum;
}
