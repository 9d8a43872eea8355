import { csvRow } from '../platform/http/index.ts';
import { plainFileName, workbookBytes, type Made } from '../focus-export/index.ts';
import type { Lang, Report, ReportFormat } from './contract.ts';
import { reportPdf } from './report-pdf-file.ts';
import { levelTable, reportSheets } from './report-table.ts';

export const reportTypes: Readonly<Record<ReportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
};

export function reportFileName(name: string, { firstDay, lastDay }: Report, format: ReportFormat): string {
  return `${plainFileName(name).slice(0, 80)}-${firstDay}-to-${lastDay}.${format}`;
}

/** Rows of the innermost level: what makes a report large. */
export function rowsOf(report: Report): number {
  return report.levels.at(-1)?.rowCount ?? 0;
}

/** The bytes of a report. CSV holds the innermost level, whose rows add up to the bills. */
export async function reportFile(report: Report, name: string, format: ReportFormat, lang: Lang): Promise<Made> {
  const rows = () => rowsOf(report);
  if (format === 'pdf') return { chunks: await reportPdf(report, name, lang), rows };
  if (format === 'xlsx') return { chunks: workbookBytes(reportSheets(report, name, lang)), rows };
  return { chunks: csvOf(report, lang), rows };
}

async function* csvOf(report: Report, lang: Lang): AsyncGenerator<string> {
  const { columns, rows } = levelTable(report, report.levels.length - 1, lang);
  // The mark tells Excel that the text is UTF-8.
  yield `\ufeff${csvRow(columns.map(({ title }) => title))}`;
  for (const row of rows) yield csvRow(row);
}
