/** What each customer pays in a whole month, in USD. */
const monthly: Readonly<Record<string, string>> = {
  acme: '460',
  initech: '320',
  umbrella: '260',
  hooli: '310',
  stark: '210',
  wayne: '150',
  wonka: '155',
  tyrell: '120',
  cyberdyne: '110',
  soylent: '80',
  vandelay: '60',
};

/**
 * One pays for seats, in the month of the story, the one before and all earlier ones; it uses more than that each month. In
 * whichever of them it is looked at, it pays less than it costs.
 */
const bySeats = { customer: 'globex', amounts: ['140', '35', '10'] } as const;

export interface SampleRevenue {
  customer: string;
  /** First and last day, `2026-11-01`. */
  from: string;
  to: string;
  amount: string;
  currency: string;
}

/** What the customers of the generated company paid for every month that has a day in [from, to). */
export function sampleRevenue(from: Date, to: Date, story: Date): SampleRevenue[] {
  const lines: SampleRevenue[] = [];
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  for (let month = from.getUTCMonth(); ; month++) {
    const first = new Date(Date.UTC(from.getUTCFullYear(), month, 1));
    if (first.getTime() >= to.getTime()) return lines;
    const last = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0));
    const paid = { ...monthly, [bySeats.customer]: bySeats.amounts[monthsBefore(first, story)] };
    for (const [customer, amount] of Object.entries(paid))
      lines.push({ customer, from: day(first), to: day(last), amount, currency: 'USD' });
  }
}

/** Months from one to the story's: 0, 1, or 2 for all that are earlier. */
function monthsBefore(month: Date, story: Date): 0 | 1 | 2 {
  const months = (story.getUTCFullYear() - month.getUTCFullYear()) * 12 + story.getUTCMonth() - month.getUTCMonth();
  return months <= 0 ? 0 : months === 1 ? 1 : 2;
}
