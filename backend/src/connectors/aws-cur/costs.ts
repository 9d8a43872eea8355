import { Exact, sum } from '../mapping/exact-amount.ts';
import type { RecordReader } from '../mapping/record-reader.ts';
import type { LineItemKind } from './line-items.ts';

/** The costs of one line; `unused` is what a commitment cost without being used, a charge of its own. */
export interface LineCosts {
  billed: Exact;
  effective: Exact;
  list: Exact;
  contracted: Exact;
  unused: Exact;
}

const zero = new Exact(0);

/**
 * Costs of a line, by the rules that AWS documents for amortised cost:
 *   covered by a reservation   reservation/EffectiveCost
 *   covered by a Savings Plan  savingsPlan/SavingsPlanEffectiveCost
 *   RIFee                      0, and unused = UnusedAmortizedUpfrontFeeForBillingPeriod + UnusedRecurringFee
 *   SavingsPlanRecurringFee    0, and unused = TotalCommitmentToDate - UsedCommitment
 *   upfront fees, negation     0: it stands with the usage
 *   everything else            the billed cost
 * `net` reads the columns after discounts (`lineItem/NetUnblendedCost`, ...) where the report has them.
 */
export function lineCosts(reader: RecordReader, kind: LineItemKind, net: boolean): LineCosts {
  const billed =
    (net ? reader.amount('lineitemnetunblendedcost') : undefined) ??
    reader.neededAmount('lineitemunblendedcost') ??
    zero;
  const { effective, unused } = amortised(reader, kind, net, billed);
  const onDemand = kind.category === 'Usage' ? reader.figure('pricingpublicondemandcost') : undefined;
  const list =
    onDemand ?? (kind.category === 'Usage' && kind.commitment !== undefined ? bigger(billed, effective) : billed);
  // Without the commitment, covered usage costs its on-demand price: a plan's line says it, a reservation's does not.
  const contracted = kind.commitment === 'reserved-usage' ? (onDemand ?? effective) : billed;
  return { billed, effective, list, contracted, unused };
}

function amortised(
  reader: RecordReader,
  kind: LineItemKind,
  net: boolean,
  billed: Exact,
): Pick<LineCosts, 'effective' | 'unused'> {
  const read = (key: string, netKey: string) => (net ? reader.amount(netKey) : undefined) ?? reader.amount(key);
  switch (kind.commitment) {
    case 'reserved-usage':
      return { effective: read('reservationeffectivecost', 'reservationneteffectivecost') ?? billed, unused: zero };
    case 'plan-usage':
      return {
        effective: read('savingsplansavingsplaneffectivecost', 'savingsplannetsavingsplaneffectivecost') ?? billed,
        unused: zero,
      };
    case 'reserved-fee':
      return {
        effective: zero,
        unused: sum(
          read(
            'reservationunusedamortizedupfrontfeeforbillingperiod',
            'reservationnetunusedamortizedupfrontfeeforbillingperiod',
          ),
          read('reservationunusedrecurringfee', 'reservationnetunusedrecurringfee'),
        ),
      };
    case 'plan-fee':
      return {
        effective: zero,
        unused: sum(
          reader.amount('savingsplantotalcommitmenttodate'),
          reader.amount('savingsplanusedcommitment')?.negated(),
        ),
      };
    case 'counted-elsewhere':
      return { effective: zero, unused: zero };
    default: {
      // The upfront fee of a reservation comes as a plain Fee with the reservation's ARN.
      const upfront = kind.category === 'Purchase' && reader.peek('reservationreservationarn') !== undefined;
      return { effective: upfront ? zero : billed, unused: zero };
    }
  }
}

function bigger(one: Exact, other: Exact): Exact {
  return one.gt(other) ? one : other;
}
