import { covers, holdsAt } from './agreement.ts';
import type { CommitmentView, DiscountView } from './agreement-contract.ts';
import { costOf, Exact, plain, sum } from './exact.ts';
import type { EstimatedSpend } from './commitment-repository.ts';
import type { Commitment, Discount } from './price-entry.ts';
import { providerKey } from './provider-name.ts';

const hourMs = 3_600_000;

export function discountView(discount: Discount & { source: string }, at: Date): DiscountView {
  const { id, kind, provider, item, percent, validFrom, validTo, tenant, source, note } = discount;
  return {
    ...{ id, kind, provider, item, percent, source, note },
    from: validFrom,
    to: validTo,
    shared: tenant === '',
    inEffect: holdsAt(discount, at.getTime()),
  };
}

/**
 * A commitment with what was committed up to `at` and what was used of it. A spend commitment accrues evenly over its span; a
 * prepaid one is spent from its first hour on; throughput costs units × amount for each begun hour.
 */
export function commitmentView(
  commitment: Commitment & { source: string },
  spend: readonly EstimatedSpend[] | undefined,
  at: Date,
): CommitmentView {
  const { id, type, kind, provider, item, amount, currency, units, prepaid, validFrom, validTo, tenant, source, note } =
    commitment;
  const committed = committedUpTo(commitment, at);
  const used = type === 'throughput' ? undefined : usedOf(commitment, spend);
  return {
    ...{ id, type, kind, provider, item, amount, currency, units, prepaid, source, note },
    from: validFrom,
    to: validTo,
    shared: tenant === '',
    inEffect: holdsAt(commitment, at.getTime()),
    committed: plain(committed),
    used: used ? plain(used) : null,
    unused: used ? plain(Exact.max(0, committed.minus(used))) : null,
  };
}

function committedUpTo({ type, amount, units, prepaid, validFrom, validTo }: Commitment, at: Date): Exact {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const passed = Math.min(Math.max(at.getTime() - from, 0), to - from);
  if (type === 'throughput') return new Exact(amount).times(units).times(Math.ceil(passed / hourMs));
  if (prepaid) return passed > 0 ? new Exact(amount) : new Exact(0);
  return to === from ? new Exact(0) : costOf(new Exact(amount).times(passed).div(to - from));
}

/** Only spend of language models is estimated, and only sums in the commitment's own currency are told. */
function usedOf(commitment: Commitment, spend: readonly EstimatedSpend[] | undefined): Exact | undefined {
  if (commitment.kind !== 'llm' || spend === undefined) return undefined;
  const covered = spend.filter(({ provider, model }) =>
    covers(commitment, { kind: 'llm', provider: providerKey(provider), item: model }),
  );
  if (covered.some(({ currency, cost }) => currency !== commitment.currency && !new Exact(cost).isZero()))
    return undefined;
  return sum(covered.map(({ cost }) => new Exact(cost)));
}
