const month = '(0[1-9]|1[0-2])';
const named = [
  new RegExp(`billing_?period=(20\\d{2})-?${month}`, 'i'),
  new RegExp(`(?:^|/)(?:month|period|invoice_month)=(20\\d{2})-?${month}(?![-\\d])`, 'i'),
];
const yearAndMonth = /(?:^|\/)year=(20\d{2})\/month=(\d{1,2})(?:\/|$)/i;
const range = /(?:^|[/_-])(20\d{2})(\d{2})(\d{2})-(20\d{2})(\d{2})(\d{2})(?=[/_.-]|$)/;
const folders = new RegExp(`(?:^|/)(20\\d{2})/${month}/(?!\\d{2}/)`);
const inFileName = new RegExp(`(?<!\\d)(?<!\\d-)(20\\d{2})[-_]?${month}(?![-_]?\\d)`);

/**
 * The billing month, `YYYY-MM`, that an object's name says it holds, and where in the name it ends:
 * `BILLING_PERIOD=2026-09`, `year=2026/month=9`, `20260901-20261001` (end inclusive or exclusive), `2026/09/`,
 * `bill-2026-09.csv`. Undefined where it names none, or a span that is not one month.
 */
export function periodOf(key: string): { period: string; end: number } | undefined {
  for (const pattern of named) {
    const match = pattern.exec(key);
    if (match !== null) return at(match, `${match[1]}-${match[2]}`);
  }
  const parts = yearAndMonth.exec(key);
  if (parts !== null && Number(parts[2]) >= 1 && Number(parts[2]) <= 12)
    return at(parts, `${parts[1]}-${(parts[2] ?? '').padStart(2, '0')}`);
  const span = range.exec(key);
  if (span !== null) return isOneMonth(span) ? at(span, `${span[1]}-${span[2]}`) : undefined;
  const folder = folders.exec(key);
  if (folder !== null) return at(folder, `${folder[1]}-${folder[2]}`);
  const slash = key.lastIndexOf('/') + 1;
  const file = inFileName.exec(key.slice(slash));
  return file === null ? undefined : { period: `${file[1]}-${file[2]}`, end: slash };
}

function at(match: RegExpExecArray, period: string): { period: string; end: number } {
  return { period, end: match.index + match[0].length };
}

/** From the first of a month to at most the first of the next: exports of the running month end with the day they have. */
function isOneMonth(span: RegExpExecArray): boolean {
  const [year, first, day, lastYear, last, lastDay] = span.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (first < 1 || first > 12 || day !== 1) return false;
  const end = Date.UTC(lastYear, last - 1, lastDay);
  return end >= Date.UTC(year, first - 1, 1) && end <= Date.UTC(year, first, 1);
}
