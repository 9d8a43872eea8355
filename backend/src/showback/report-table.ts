import type { CellKind, CellValue, Sheet, SheetColumn } from '../focus-export/index.ts';
import type { Lang, Report } from './contract.ts';
import { labelOf, textsOf, type Texts } from './texts.ts';

/** A level of a report as a table: the same for CSV and Excel. */
export interface ReportTable {
  name: string;
  columns: readonly SheetColumn[];
  rows: readonly CellValue[][];
}

/** The rows of a level: a column for each key, the amounts, a column for each rule of shared costs. */
export function levelTable(report: Report, index: number, lang: Lang): ReportTable {
  const texts = textsOf(lang);
  const levels = report.levels.slice(0, index + 1);
  const level = levels[index]!;
  const rules = rulesOf(level.rows);
  const amount = (title: string): SheetColumn => ({ title, kind: 'amount' });
  const column = (title: string, kind: CellKind): SheetColumn => ({ title, kind });
  const isShared = report.definition.sharedCosts === true;
  return {
    name: levels.map((each) => labelOf(texts, each)).join(' - '),
    columns: [
      ...levels.map((each) => column(labelOf(texts, each), 'text')),
      ...(isShared ? [column(texts.kind, 'text')] : []),
      amount(texts.direct),
      ...rules.map((rule) => amount(`${texts.shared}: ${rule}`)),
      amount(texts.total),
      column(texts.currency, 'text'),
      column(texts.share, 'share'),
      column(texts.lines, 'number'),
    ],
    rows: level.rows.map((row) => [
      ...row.keys.map((key, place) => keyText(texts, row.kind, key, place, row.keys.length)),
      ...(isShared ? [texts.kinds[row.kind]] : []),
      row.direct,
      ...rules.map((rule) => row.shared.find((part) => part.rule === rule)?.amount ?? '0'),
      row.total,
      report.currency,
      row.share ?? '',
      row.lines,
    ]),
  };
}

/** What stands where a bill names nothing, and in rows that are nobody's own cost. */
export function keyText(
  texts: Texts,
  kind: 'direct' | 'shared' | 'unallocated',
  key: string,
  place: number,
  depth: number,
): string {
  if (kind === 'unallocated') return texts.unallocatedRow;
  if (kind === 'shared' && place === depth - 1) return texts.sharedRow;
  return key === '' ? texts.noValue : key;
}

function rulesOf(rows: Report['levels'][number]['rows']): string[] {
  return [...new Set(rows.flatMap(({ shared }) => shared.map(({ rule }) => rule)))].sort();
}

/** The workbook of a report: a summary, a sheet for each level, the days, the rates. */
export function reportSheets(report: Report, name: string, lang: Lang): Sheet[] {
  const texts = textsOf(lang);
  return [
    { name: texts.summary, columns: summaryColumns, rows: summaryRows(report, name, texts) },
    ...report.levels.map((_, index) => levelTable(report, index, lang)),
    {
      name: texts.days,
      columns: [
        { title: texts.day, kind: 'day' },
        { title: texts.hours, kind: 'number' },
        { title: texts.cost, kind: 'amount' },
        { title: texts.currency, kind: 'text' },
      ],
      rows: report.days.map(({ day, hours, cost }) => [day, hours, cost, report.currency]),
    },
    ...(report.rates.length === 0 ? [] : [ratesSheet(report, texts)]),
  ];
}

const summaryColumns: readonly SheetColumn[] = [
  { title: '', kind: 'text', width: 28 },
  { title: '', kind: 'amount', width: 40 },
];

function summaryRows(report: Report, name: string, texts: Texts): CellValue[][] {
  const { closes, definition } = report;
  return [
    [texts.report, name],
    [texts.period, `${report.firstDay} - ${report.lastDay}`],
    [texts.timeZone, report.timeZone],
    [texts.currency, report.currency],
    [texts.metric, definition.metric ?? 'EffectiveCost'],
    [texts.filters, filtersText(report, texts)],
    [texts.bills, closes.bills],
    [texts.allocated, closes.allocated],
    [texts.unallocated, closes.unallocated],
    ...report.levels.flatMap((level) =>
      level.missingShare === undefined ? [] : [[texts.missing(labelOf(texts, level), percent(level.missingShare)), '']],
    ),
    ...(report.rules.length === 0 ? [] : [[texts.rules, report.rules.join(', ')]]),
    ...report.notices.map((notice) => [texts.notices, texts.notice(notice)]),
    [texts.created, report.createdAt],
  ];
}

const percent = (share: string): string => `${(Number(share) * 100).toFixed(1)} %`;

export function filtersText({ definition }: Report, texts: Texts): string {
  const filters = definition.filters ?? [];
  if (filters.length === 0) return texts.none;
  return filters
    .map(({ dim, values }) => `${texts.dims[dim] ?? dim}: ${values.map((value) => value || texts.noValue).join(', ')}`)
    .join('; ');
}

function ratesSheet({ rates }: Report, texts: Texts): Sheet {
  return {
    name: texts.rates,
    columns: [
      { title: texts.day, kind: 'day' },
      { title: texts.from, kind: 'text', width: 10 },
      { title: texts.to, kind: 'text', width: 10 },
      { title: texts.rate, kind: 'amount' },
      { title: texts.rateDay, kind: 'day' },
      { title: texts.source, kind: 'text' },
    ],
    rows: rates.map(({ day, from, to, rate, rateDay, source }) => [day, from, to, rate, rateDay, source]),
  };
}
