import { Decimal } from 'decimal.js';

/** What the first sentence of the Overview is made of. */
export interface OverviewFacts {
  currency: string;
  month: string;
  previousToDate: string;
  hasCost: boolean;
  peak: { at: Date; requestsPerMinute: number; workload: string } | undefined;
  pendingChanges: number;
  staleSources: readonly string[];
}

/** The state of things in one sentence, in each language that the pages speak. */
export function overviewSentence(facts: OverviewFacts): { en: string; ko: string } {
  const en: string[] = [];
  const ko: string[] = [];
  if (facts.hasCost) {
    const amount = money(facts.month, facts.currency);
    const change = against(facts.month, facts.previousToDate);
    en.push(
      `Spend is ${amount} this month${change === undefined ? '' : `, ${Math.abs(change)} % ${change >= 0 ? 'above' : 'below'} last month at this point`}`,
    );
    ko.push(
      `이번 달 지출은 ${amount}입니다${change === undefined ? '' : ` (지난달 같은 시점보다 ${Math.abs(change)} % ${change >= 0 ? '많음' : '적음'})`}`,
    );
  } else {
    en.push('No cost has arrived yet');
    ko.push('아직 수집된 비용이 없습니다');
  }
  if (facts.peak) {
    const at = facts.peak.at.toISOString().slice(11, 16);
    const load = Math.round(facts.peak.requestsPerMinute).toLocaleString('en');
    en.push(`next peak of ${load} requests a minute on ${facts.peak.workload} at ${at} UTC`);
    ko.push(`다음 최대 부하는 ${facts.peak.workload}에서 ${at} UTC에 분당 ${load}건입니다`);
  }
  if (facts.pendingChanges > 0) {
    en.push(`${facts.pendingChanges} ${facts.pendingChanges === 1 ? 'Change waits' : 'Changes wait'} for approval`);
    ko.push(`승인 대기 중인 변경 ${facts.pendingChanges}건`);
  }
  if (facts.staleSources.length > 0) {
    en.push(`${facts.staleSources.join(', ')} ${facts.staleSources.length === 1 ? 'is' : 'are'} stale`);
    ko.push(`${facts.staleSources.join(', ')} 데이터가 오래되었습니다`);
  }
  return { en: `${en.join('; ')}.`, ko: `${ko.join('; ')}.` };
}

function against(month: string, previous: string): number | undefined {
  const before = new Decimal(previous);
  if (before.lessThanOrEqualTo(0)) return undefined;
  return new Decimal(month).div(before).minus(1).times(100).round().toNumber();
}

function money(amount: string, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 0 }).format(
    new Decimal(amount).round().toNumber(),
  );
}
