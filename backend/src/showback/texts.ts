import type { Lang, Report } from './contract.ts';

/** What a report says in each language. */
export interface Texts {
  report: string;
  period: string;
  timeZone: string;
  currency: string;
  metric: string;
  filters: string;
  none: string;
  total: string;
  direct: string;
  shared: string;
  share: string;
  lines: string;
  kind: string;
  kinds: Readonly<Record<'direct' | 'shared' | 'unallocated', string>>;
  bills: string;
  allocated: string;
  unallocated: string;
  closes: string;
  missing(label: string, share: string): string;
  summary: string;
  days: string;
  day: string;
  hours: string;
  cost: string;
  rates: string;
  from: string;
  to: string;
  rate: string;
  rateDay: string;
  source: string;
  noValue: string;
  sharedRow: string;
  unallocatedRow: string;
  more(rows: number): string;
  ratesLine(from: string, to: string, low: string, high: string, source: string): string;
  rules: string;
  notices: string;
  notice(notice: Report['notices'][number]): string;
  created: string;
  page(page: number, of: number): string;
  noCost: string;
  dims: Readonly<Record<string, string>>;
}

const english: Texts = {
  report: 'Showback report',
  period: 'Period',
  timeZone: 'Time zone',
  currency: 'Currency',
  metric: 'Cost',
  filters: 'Only',
  none: 'none',
  total: 'Total',
  direct: 'Direct',
  shared: 'Shared',
  share: 'Share',
  lines: 'Lines',
  kind: 'Kind',
  kinds: { direct: 'direct', shared: 'shared costs', unallocated: 'unallocated' },
  bills: 'Bills',
  allocated: 'Allocated',
  unallocated: 'Unallocated',
  closes: 'Allocated and unallocated add up to the bills.',
  missing: (label, share) => `${share} of the spend names no ${label.toLowerCase()}`,
  summary: 'Summary',
  days: 'Days',
  day: 'Day',
  hours: 'Hours',
  cost: 'Cost',
  rates: 'Exchange rates',
  from: 'From',
  to: 'To',
  rate: 'Rate',
  rateDay: 'Day of the rate',
  source: 'Source',
  noValue: '(none)',
  sharedRow: '(shared costs)',
  unallocatedRow: '(unallocated)',
  more: (rows) => `${rows} more rows are in the CSV and Excel files.`,
  ratesLine: (from, to, low, high, source) =>
    low === high ? `1 ${from} = ${low} ${to} (${source})` : `1 ${from} = ${low} to ${high} ${to}, by day (${source})`,
  rules: 'Shared cost rules',
  notices: 'Notes',
  notice: ({ text }) => text,
  created: 'Made',
  page: (page, of) => `Page ${page} of ${of}`,
  noCost: 'There is no cost in this period.',
  dims: {},
};

const korean: Texts = {
  report: '쇼백 보고서',
  period: '기간',
  timeZone: '시간대',
  currency: '통화',
  metric: '비용 기준',
  filters: '필터',
  none: '없음',
  total: '합계',
  direct: '직접 비용',
  shared: '공유 비용',
  share: '비율',
  lines: '청구 항목 수',
  kind: '구분',
  kinds: { direct: '직접', shared: '공유 비용', unallocated: '미배분' },
  bills: '청구 총액',
  allocated: '배분됨',
  unallocated: '미배분',
  closes: '배분액과 미배분액의 합은 청구 총액과 같습니다.',
  missing: (label, share) => `비용의 ${share}에 ${label} 값이 없습니다`,
  summary: '요약',
  days: '일별',
  day: '일자',
  hours: '시간',
  cost: '비용',
  rates: '환율',
  from: '원래 통화',
  to: '보고 통화',
  rate: '환율',
  rateDay: '환율 기준일',
  source: '출처',
  noValue: '(없음)',
  sharedRow: '(공유 비용)',
  unallocatedRow: '(미배분)',
  more: (rows) => `나머지 ${rows}개 행은 CSV 및 Excel 파일에 있습니다.`,
  ratesLine: (from, to, low, high, source) =>
    low === high
      ? `1 ${from} = ${low} ${to} (${source})`
      : `1 ${from} = ${low} ~ ${high} ${to}, 일자별 적용 (${source})`,
  rules: '공유 비용 규칙',
  notices: '참고',
  notice: ({ text, ko }) => ko ?? text,
  created: '작성',
  page: (page, of) => `${page} / ${of} 쪽`,
  noCost: '이 기간에는 비용이 없습니다.',
  dims: {
    ProviderName: '공급자',
    ServiceCategory: '서비스 분류',
    ServiceName: '서비스',
    ChargeCategory: '청구 분류',
    SubAccountName: '계정',
    RegionId: '클라우드 리전',
    x_Source: '소스',
    x_Team: '팀',
    x_Product: '제품',
    x_Customer: '고객',
    x_Feature: '기능',
    x_Environment: '환경',
    x_Model: '모델',
  },
};

const byLang: Readonly<Record<Lang, Texts>> = { en: english, ko: korean };
export const textsOf = (lang: Lang): Texts => byLang[lang];

export function labelOf(texts: Texts, level: { dim: string; label: string }): string {
  return texts.dims[level.dim] ?? level.label;
}
