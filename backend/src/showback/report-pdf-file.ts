import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { exact, exactText } from '../platform/amounts/index.ts';
import type PDFKit from 'pdfkit';
import type { Lang, Report } from './contract.ts';
import { amountText, percentText } from './amount-text.ts';
import { filtersText, keyText } from './report-table.ts';
import { labelOf, textsOf, type Texts } from './texts.ts';

type Document = InstanceType<typeof PDFKit>;

/** Rows of a level that are printed; the rest stands in the other formats. */
const printed = 200;
const page = { size: 'A4', margin: 44 } as const;
const colour = {
  ink: '#1f2430',
  quiet: '#6b7280',
  line: '#d7dbe3',
  band: '#f3f5f9',
  accent: '#2f5fd0',
  warn: '#b45309',
};
const size = { title: 20, heading: 12.5, text: 9.5, small: 8 };
const rowHeight = 17;

/**
 * A report for people on paper: what it covers, the totals that close to the bills, a table for each level, days, rates.
 * The font is Nanum Gothic, which holds Latin and Korean letters; it is embedded in the parts that are used.
 */
export async function reportPdf(report: Report, name: string, lang: Lang): Promise<AsyncIterable<Buffer>> {
  const { default: PDFDocument } = await import('pdfkit');
  const texts = textsOf(lang);
  const document = new PDFDocument({
    size: page.size,
    margin: page.margin,
    bufferPages: true,
    lang,
    info: { Title: name, Creator: 'Amadeus', CreationDate: new Date(report.createdAt) },
  });
  document.registerFont('text', await font('400Regular/NanumGothic_400Regular.ttf'));
  document.registerFont('bold', await font('700Bold/NanumGothic_700Bold.ttf'));
  head(document, report, name, texts);
  totals(document, report, texts);
  for (let index = 0; index < report.levels.length; index++) level(document, report, index, texts);
  notes(document, report, texts);
  footers(document, report, name, texts);
  document.end();
  return document as AsyncIterable<Buffer>;
}

const require = createRequire(import.meta.url);
/**
 * The bytes of a font, with room behind them: the space of Nanum Gothic has no outline and is said to begin where the file
 * ends, and the reader of fonts looks at its head all the same.
 */
async function font(file: string): Promise<Buffer> {
  const folder = dirname(require.resolve('@expo-google-fonts/nanum-gothic/package.json'));
  return Buffer.concat([await readFile(join(folder, file)), Buffer.alloc(16)]);
}

function head(document: Document, report: Report, name: string, texts: Texts): void {
  document.font('text').fontSize(size.small).fillColor(colour.accent).text(texts.report.toUpperCase(), { lineGap: 4 });
  document.font('bold').fontSize(size.title).fillColor(colour.ink).text(printable(name));
  document.moveDown(0.4);
  const facts = [
    `${texts.period}: ${report.firstDay} – ${report.lastDay} (${report.timeZone})`,
    `${texts.currency}: ${report.currency || '–'}    ${texts.metric}: ${report.definition.metric ?? 'EffectiveCost'}    ${texts.filters}: ${printable(filtersText(report, texts))}`,
  ];
  document.font('text').fontSize(size.text).fillColor(colour.quiet);
  for (const fact of facts) document.text(fact, { lineGap: 2 });
  document.moveDown(0.8);
}

/** Three numbers side by side, and the badges of what names nobody. */
function totals(document: Document, report: Report, texts: Texts): void {
  const { closes, currency } = report;
  const boxes: [string, string][] = [
    [texts.bills, closes.bills],
    [texts.allocated, closes.allocated],
    [texts.unallocated, closes.unallocated],
  ];
  const width = (widthOf(document) - 2 * 10) / 3;
  const top = document.y;
  boxes.forEach(([label, amount], index) => {
    const left = page.margin + index * (width + 10);
    document.roundedRect(left, top, width, 50, 4).fill(colour.band);
    document
      .font('text')
      .fontSize(size.small)
      .fillColor(colour.quiet)
      .text(label, left + 10, top + 9);
    const text = `${amountText(amount, currency)} ${currency}`;
    document
      .font('bold')
      .fontSize(fitting(document, text, width - 20))
      .fillColor(colour.ink);
    document.text(text, left + 10, top + 24, { width: width - 20, lineBreak: false });
  });
  document.x = page.margin;
  document.y = top + 60;
  document.font('text').fontSize(size.small).fillColor(colour.quiet).text(texts.closes, { lineGap: 3 });
  for (const each of report.levels) {
    if (each.missingShare === undefined || Number(each.missingShare) === 0) continue;
    const badge = texts.missing(labelOf(texts, each), percentText(each.missingShare));
    document.fillColor(colour.warn).text(badge, { lineGap: 3 });
  }
  if (report.rules.length > 0)
    document.fillColor(colour.quiet).text(`${texts.rules}: ${printable(report.rules.join(', '))}`);
  document.moveDown(1);
}

function fitting(document: Document, text: string, width: number): number {
  for (const points of [15, 13, 11, 9])
    if (document.font('bold').fontSize(points).widthOfString(text) <= width) return points;
  return 7;
}

interface Column {
  title: string;
  width: number;
  right?: boolean;
}

function level(document: Document, report: Report, index: number, texts: Texts): void {
  const levels = report.levels.slice(0, index + 1);
  const { rows } = levels[index]!;
  const shared = report.definition.sharedCosts === true && index === 0;
  const amounts = shared ? [texts.direct, texts.shared, texts.total] : [texts.total];
  const amountWidth = shared ? 92 : 120;
  const keysWidth = widthOf(document) - amounts.length * amountWidth - 60;
  const columns: Column[] = [
    ...levels.map((each) => ({ title: labelOf(texts, each), width: keysWidth / levels.length })),
    ...amounts.map((title) => ({ title, width: amountWidth, right: true })),
    { title: texts.share, width: 60, right: true },
  ];
  heading(document, levels.map((each) => labelOf(texts, each)).join(' / '), 3 * rowHeight);
  if (rows.length === 0) document.font('text').fontSize(size.text).fillColor(colour.quiet).text(texts.noCost);
  else {
    const lines = rows
      .slice(0, printed)
      .map((row) => [
        ...row.keys.map((key, place) => printable(keyText(texts, row.kind, key, place, row.keys.length))),
        ...(shared ? [amountText(row.direct, report.currency), amountText(sharedOf(row), report.currency)] : []),
        amountText(row.total, report.currency),
        row.share === undefined ? '–' : percentText(row.share),
      ]);
    table(document, columns, lines);
  }
  if (rows.length > printed)
    document
      .font('text')
      .fontSize(size.small)
      .fillColor(colour.quiet)
      .text(texts.more(rows.length - printed), page.margin);
  document.moveDown(1);
}

function sharedOf(row: Report['levels'][number]['rows'][number]): string {
  return row.kind === 'unallocated' ? '0' : difference(row.total, row.direct);
}

function table(document: Document, columns: readonly Column[], rows: readonly string[][]): void {
  header(document, columns);
  rows.forEach((row, number) => {
    if (document.y + rowHeight > bottom(document)) {
      document.addPage();
      header(document, columns);
    }
    const top = document.y;
    if (number % 2 === 1) document.rect(page.margin, top, widthOf(document), rowHeight).fill(colour.band);
    line(document, columns, row, top, 'text', colour.ink);
    document.y = top + rowHeight;
  });
  document.x = page.margin;
}

function header(document: Document, columns: readonly Column[]): void {
  const top = document.y;
  line(
    document,
    columns,
    columns.map(({ title }) => title),
    top,
    'bold',
    colour.quiet,
  );
  document.y = top + rowHeight;
  document
    .moveTo(page.margin, document.y - 1)
    .lineTo(page.margin + widthOf(document), document.y - 1)
    .lineWidth(0.7)
    .stroke(colour.line);
}

function line(
  document: Document,
  columns: readonly Column[],
  values: readonly string[],
  top: number,
  font: 'text' | 'bold',
  ink: string,
): void {
  document.font(font).fontSize(size.text).fillColor(ink);
  let left: number = page.margin;
  columns.forEach(({ width, right }, index) => {
    const text = shortened(document, values[index] ?? '', width - 10);
    document.text(text, left + 5, top + 4, { width: width - 10, align: right ? 'right' : 'left', lineBreak: false });
    left += width;
  });
}

/** A text that fits, its end replaced by dots (the ellipsis of the font stands at half the height). */
function shortened(document: Document, text: string, width: number): string {
  if (document.widthOfString(text) <= width) return text;
  const letters = [...text];
  let kept = Math.min(letters.length, 120);
  while (kept > 1 && document.widthOfString(`${letters.slice(0, kept).join('')}...`) > width) kept--;
  return `${letters.slice(0, kept).join('')}...`;
}

function notes(document: Document, report: Report, texts: Texts): void {
  const rates = rateLines(report, texts);
  if (rates.length > 0) list(document, texts.rates, rates);
  if (report.notices.length > 0)
    list(
      document,
      texts.notices,
      report.notices.map((notice) => printable(texts.notice(notice))),
    );
}

/** One line for each pair of currencies; the rates of the days stand in the Excel file. */
function rateLines({ rates }: Report, texts: Texts): string[] {
  const pairs = new Map<string, Report['rates']>();
  for (const rate of rates) {
    const key = `${rate.from} ${rate.to} ${rate.source}`;
    pairs.set(key, [...(pairs.get(key) ?? []), rate]);
  }
  return [...pairs.values()].map((found) => {
    const sorted = [...found].sort((one, other) => Number(one.rate) - Number(other.rate));
    const { from, to, source, rate: low } = sorted[0]!;
    return printable(texts.ratesLine(from, to, low, sorted.at(-1)!.rate, source));
  });
}

function list(document: Document, title: string, lines: readonly string[]): void {
  heading(document, title, 2 * rowHeight);
  document.font('text').fontSize(size.text).fillColor(colour.ink);
  for (const each of lines.slice(0, 50)) document.text(each, page.margin, document.y, { lineGap: 2 });
  document.moveDown(1);
}

function heading(document: Document, text: string, room: number): void {
  if (document.y + 24 + room > bottom(document)) document.addPage();
  document.font('bold').fontSize(size.heading).fillColor(colour.ink).text(printable(text), page.margin, document.y);
  document.moveDown(0.4);
}

function footers(document: Document, report: Report, name: string, texts: Texts): void {
  const { start, count } = document.bufferedPageRange();
  for (let index = start; index < start + count; index++) {
    document.switchToPage(index);
    // Text below the margin would begin a new page.
    document.page.margins.bottom = 0;
    const top = document.page.height - page.margin + 14;
    document.font('text').fontSize(size.small).fillColor(colour.quiet);
    const made = `${texts.created} ${report.createdAt.slice(0, 16).replace('T', ' ')} UTC`;
    document.text(shortened(document, `${printable(name)} · ${made}`, 380), page.margin, top, { lineBreak: false });
    document.text(texts.page(index - start + 1, count), page.margin, top, {
      width: widthOf(document),
      align: 'right',
      lineBreak: false,
    });
    document.page.margins.bottom = page.margin;
  }
}

const widthOf = (document: Document): number => document.page.width - 2 * page.margin;
const bottom = (document: Document): number => document.page.height - page.margin;

// eslint-disable-next-line no-control-regex -- control characters have no glyphs
const control = /[\u0000-\u001f\u007f-\u009f]+/g;
function printable(text: string): string {
  return text.toWellFormed().replace(control, ' ');
}

function difference(one: string, other: string): string {
  return exactText(exact(one) - exact(other));
}
