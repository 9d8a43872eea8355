/** What each customer pays in a whole month, in USD. One of them pays less than it costs. */
const monthly: Readonly<Record<string, string>> = {
  acme: '460',
  globex: '140',
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

export interface SampleRevenue {
  customer: string;
  /** First and last day, `2026-11-01`. */
  from: string;
  to: string;
  amount: string;
  currency: string;
}

/** What the customers of the generated company paid for every month that has a day in [from, to). */
export function sampleRevenue(from: Date, to: Date): SampleRevenue[] {
  const lines: SampleRevenue[] = [];
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  for (let month = from.getUTCMonth(); ; month++) {
    const first = new Date(Date.UTC(from.getUTCFullYear(), month, 1));
    if (first.getTime() >= to.getTime()) return lines;
    const last = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0));
    for (const [customer, amount] of Object.entries(monthly))
      lines.push({ customer, from: day(first), to: day(last), amount, currency: 'USD' });
  }
}
