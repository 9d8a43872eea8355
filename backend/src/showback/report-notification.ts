import type { Notification } from '../platform/notify/index.ts';
import { amountText, percentText } from './amount-text.ts';
import type { Lang, Report } from './contract.ts';
import { keyText } from './report-table.ts';
import { labelOf, textsOf } from './texts.ts';

const shownOwners = 5;

/** What people are told of a report that was made on schedule: the totals, the largest owners, where the file is. */
export function reportNotification(
  report: Report,
  sent: { name: string; lang: Lang; scheduleId: number; dueAt: Date; url?: string },
): Notification {
  const texts = textsOf(sent.lang);
  const money = (amount: string): string => `${amountText(amount, report.currency)} ${report.currency}`.trim();
  const first = report.levels[0];
  const owners = (first?.rows ?? []).slice(0, shownOwners).map((row) => {
    const share = row.share === undefined ? '' : ` (${percentText(row.share)})`;
    return [keyText(texts, row.kind, row.keys[0] ?? '', 0, 1), `${money(row.total)}${share}`] as const;
  });
  const missing = first?.missingShare;
  const badge =
    first === undefined || missing === undefined || Number(missing) === 0
      ? []
      : [texts.missing(labelOf(texts, first), percentText(missing))];
  return {
    title: `${sent.name}: ${money(report.closes.bills)} (${report.firstDay} - ${report.lastDay})`,
    text: [...badge, ...report.notices.map(texts.notice)].join('\n'),
    severity: 'info',
    fields: {
      [texts.bills]: money(report.closes.bills),
      [texts.allocated]: money(report.closes.allocated),
      [texts.unallocated]: money(report.closes.unallocated),
      ...Object.fromEntries(owners),
    },
    ...(sent.url === undefined ? {} : { url: sent.url }),
    dedupKey: `showback:${sent.scheduleId}:${sent.dueAt.toISOString()}`,
    event: 'trigger',
  };
}
