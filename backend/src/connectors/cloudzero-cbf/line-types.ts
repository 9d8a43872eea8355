/** What a `lineitem/type` of the Common Bill Format means in FOCUS terms. */
export interface LineType {
  category: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment';
  frequency: 'One-Time' | 'Recurring' | 'Usage-Based';
  /** The part of a commitment that nobody used. */
  unused?: true;
}

const types: ReadonlyMap<string, LineType> = new Map(
  Object.entries({
    usage: { category: 'Usage', frequency: 'Usage-Based' },
    tax: { category: 'Tax', frequency: 'One-Time' },
    support: { category: 'Purchase', frequency: 'Recurring' },
    purchase: { category: 'Purchase', frequency: 'One-Time' },
    committedusepurchase: { category: 'Purchase', frequency: 'One-Time' },
    committeduserecurringfee: { category: 'Purchase', frequency: 'Recurring' },
    committedusevacancy: { category: 'Usage', frequency: 'Usage-Based', unused: true },
    discount: { category: 'Adjustment', frequency: 'Usage-Based' },
    credit: { category: 'Credit', frequency: 'One-Time' },
    fee: { category: 'Purchase', frequency: 'One-Time' },
    adjustment: { category: 'Adjustment', frequency: 'One-Time' },
  } satisfies Record<string, LineType>),
);

/** Undefined for a type that the format does not list. */
export function lineType(type: string): LineType | undefined {
  return types.get(type.toLowerCase().replace(/[^a-z]/g, ''));
}
