/** What a type of line item means in FOCUS terms. */
export interface LineItemKind {
  category: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment';
  frequency: 'One-Time' | 'Recurring' | 'Usage-Based';
  /** How the cost is spread over what it paid for. */
  commitment?: 'reserved-usage' | 'plan-usage' | 'reserved-fee' | 'plan-fee' | 'counted-elsewhere';
  correction?: true;
}

const usage: LineItemKind = { category: 'Usage', frequency: 'Usage-Based' };
const discount: LineItemKind = { category: 'Adjustment', frequency: 'Usage-Based' };

const kinds: ReadonlyMap<string, LineItemKind> = new Map(
  Object.entries({
    usage,
    discountedusage: { ...usage, commitment: 'reserved-usage' },
    savingsplancoveredusage: { ...usage, commitment: 'plan-usage' },
    // Takes the on-demand price of covered usage off the bill again; its effective cost stands with that usage.
    savingsplannegation: { category: 'Adjustment', frequency: 'Usage-Based', commitment: 'counted-elsewhere' },
    savingsplanupfrontfee: { category: 'Purchase', frequency: 'One-Time', commitment: 'counted-elsewhere' },
    savingsplanrecurringfee: { category: 'Purchase', frequency: 'Recurring', commitment: 'plan-fee' },
    rifee: { category: 'Purchase', frequency: 'Recurring', commitment: 'reserved-fee' },
    fee: { category: 'Purchase', frequency: 'One-Time' },
    tax: { category: 'Tax', frequency: 'One-Time' },
    credit: { category: 'Credit', frequency: 'One-Time' },
    refund: { category: 'Adjustment', frequency: 'One-Time', correction: true },
    discount,
    bundleddiscount: discount,
    edpdiscount: discount,
    privateratediscount: discount,
    rivolumediscount: discount,
    spprivateratediscount: discount,
  } satisfies Record<string, LineItemKind>),
);

/** The kind of a `lineItem/LineItemType`; undefined for one that is not known. */
export function lineItemKind(type: string): LineItemKind | undefined {
  return kinds.get(type.toLowerCase().replace(/[^a-z]/g, ''));
}
