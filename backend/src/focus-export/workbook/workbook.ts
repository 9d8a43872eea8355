import { Decimal } from 'decimal.js';
import type { ZipEntry } from './zip-stream.ts';
import { zipStream } from './zip-stream.ts';

/** How the cells of a column are typed and shown. */
export type CellKind = 'text' | 'amount' | 'number' | 'share' | 'day' | 'instant';

export interface SheetColumn {
  title: string;
  kind: CellKind;
  /** Characters; by kind where absent. */
  width?: number;
}

/**
 * A value of a cell: decimals as texts with all their digits, days as `YYYY-MM-DD`, instants as ISO 8601. What does not
 * read as its column's kind is written as text.
 */
export type CellValue = string | number | null | undefined;

export interface Sheet {
  name: string;
  columns: readonly SheetColumn[];
  rows: Iterable<readonly CellValue[]> | AsyncIterable<readonly CellValue[]>;
}

/** Rows of one sheet that Excel opens, the header among them. */
const maxRows = 1_048_576;
/** Bytes of one sheet before a further one begins: a ZIP file without ZIP64 ends at 4 GiB. */
const maxSheetBytes = 3 * 1024 ** 3;
const maxText = 32_767;
const chunkCharacters = 64 * 1024;

/**
 * An Excel workbook (ECMA-376) piece by piece: neither the rows nor the file are ever held, so that its memory does not
 * grow with it. Numbers and dates are real ones, texts are never formulas. A sheet with more rows than Excel opens goes on
 * in further ones.
 * @returns the bytes of the file
 */
export async function* workbookBytes(sheets: Iterable<Sheet> | AsyncIterable<Sheet>): AsyncGenerator<Buffer> {
  const names: string[] = [];
  yield* zipStream(parts(sheets, names));
}

async function* parts(sheets: Iterable<Sheet> | AsyncIterable<Sheet>, names: string[]): AsyncGenerator<ZipEntry> {
  for await (const sheet of sheets) {
    const rows = iteratorOf(sheet.rows);
    for (let part = 1, more = true; more; part++) {
      names.push(sheetName(part === 1 ? sheet.name : `${sheet.name} ${part}`, names));
      const state = { ended: false };
      yield { path: `xl/worksheets/sheet${names.length}.xml`, chunks: sheetXml(sheet.columns, rows, state) };
      more = !state.ended;
    }
  }
  const text = (path: string, xml: string): ZipEntry => ({ path, chunks: [Buffer.from(xml, 'utf8')] });
  yield text('xl/styles.xml', styles);
  yield text('xl/workbook.xml', workbookXml(names));
  yield text('xl/_rels/workbook.xml.rels', workbookRelations(names));
  yield text('_rels/.rels', relations);
  yield text('[Content_Types].xml', contentTypes(names));
}

type Rows = AsyncIterator<readonly CellValue[]> | Iterator<readonly CellValue[]>;
function iteratorOf(rows: Sheet['rows']): Rows {
  return Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
}

async function* sheetXml(
  columns: readonly SheetColumn[],
  rows: Rows,
  state: { ended: boolean },
): AsyncGenerator<Buffer> {
  let text = `${header}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${columns.map(columnXml).join('')}</cols><sheetData>`;
  text += rowXml(
    1,
    columns.map(({ title }) => title),
    columns.map(() => 'title' as const),
  );
  const kinds = columns.map(({ kind }) => kind);
  let bytes = 0;
  let at = 1;
  while (at < maxRows && bytes < maxSheetBytes) {
    const next = await rows.next();
    if (next.done) {
      state.ended = true;
      break;
    }
    text += rowXml(++at, next.value, kinds);
    if (text.length >= chunkCharacters) {
      const chunk = Buffer.from(text, 'utf8');
      bytes += chunk.length;
      text = '';
      yield chunk;
    }
  }
  yield Buffer.from(`${text}</sheetData></worksheet>`, 'utf8');
}

/** Indexes of `cellXfs` in the styles below. */
const style = { text: 0, title: 1, amount: 2, number: 3, share: 4, day: 5, instant: 6, quoted: 7 } as const;
const widths: Readonly<Record<CellKind, number>> = {
  text: 24,
  amount: 18,
  number: 12,
  share: 10,
  day: 12,
  instant: 20,
};

function columnXml({ kind, width }: SheetColumn, index: number): string {
  return `<col min="${index + 1}" max="${index + 1}" width="${width ?? widths[kind]}" customWidth="1"/>`;
}

function rowXml(number: number, values: readonly CellValue[], kinds: readonly (CellKind | 'title')[]): string {
  let cells = '';
  for (let index = 0; index < kinds.length; index++) cells += cellXml(values[index], kinds[index]!);
  // Without references, cells stand one after the other; it saves a quarter of the bytes.
  return `<row r="${number}">${cells}</row>`;
}

function cellXml(value: CellValue, kind: CellKind | 'title'): string {
  if (value === null || value === undefined || value === '') return '<c/>';
  const text = String(value);
  if (kind !== 'text' && kind !== 'title') {
    const number = numberOf(text, kind);
    if (number !== undefined) return `<c s="${style[kind]}"><v>${number}</v></c>`;
  }
  const styled = kind === 'title' ? style.title : formulaStart.test(text) ? style.quoted : style.text;
  return `<c s="${styled}" t="inlineStr"><is><t xml:space="preserve">${xmlText(text)}</t></is></c>`;
}

/** Texts that a spreadsheet would read as a formula when someone edits the cell; their style marks them as text. */
const formulaStart = /^\s*[=+\-@＝＋－＠|]/u;
const plainNumber = /^-?\d+(\.\d+)?$/;
const dayMs = 86_400_000;
/** Day 0 of the calendar that Excel counts in (with its day that never was, 29 February 1900). */
const dayZero = Date.UTC(1899, 11, 30);

function numberOf(text: string, kind: CellKind): string | undefined {
  if (kind === 'day' || kind === 'instant') {
    const at = Date.parse(kind === 'day' ? `${text.slice(0, 10)}T00:00:00Z` : text);
    return Number.isNaN(at) || at < dayZero + 61 * dayMs ? undefined : String((at - dayZero) / dayMs);
  }
  if (plainNumber.test(text)) return text;
  // 1E-7 as some programs write it; a number all the same.
  return /^-?\d+(\.\d+)?[eE][+-]?\d+$/.test(text) ? new Decimal(text).toFixed() : undefined;
}

// eslint-disable-next-line no-control-regex -- characters that XML 1.0 cannot hold are what is looked for
const notInXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const special = /[&<>]/g;
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function xmlText(text: string): string {
  const fitting = text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text;
  return fitting
    .toWellFormed()
    .replace(notInXml, '')
    .replace(special, (character) => entities[character]!);
}

/** A name that Excel takes: at most 31 characters, none of :\/?*[], not empty, not used before. */
function sheetName(wanted: string, used: readonly string[]): string {
  const plain =
    wanted
      .replace(/[:\\/?*[\]]/g, ' ')
      .replace(/^'+|'+$/g, '')
      .trim() || 'Sheet';
  const taken = new Set(used.map((name) => name.toLowerCase()));
  for (let turn = 0; ; turn++) {
    const suffix = turn === 0 ? '' : ` (${turn + 1})`;
    const name = `${plain.slice(0, 31 - suffix.length)}${suffix}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

const header = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const documents = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006';
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const styles = `${header}<styleSheet xmlns="${main}"><numFmts count="3"><numFmt numFmtId="164" formatCode="#,##0.00########"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="8"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/><xf xfId="0" numFmtId="0"/><xf xfId="0" numFmtId="10" applyNumberFormat="1"/><xf xfId="0" numFmtId="165" applyNumberFormat="1"/><xf xfId="0" numFmtId="166" applyNumberFormat="1"/><xf xfId="0" quotePrefix="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

function workbookXml(names: readonly string[]): string {
  const sheets = names.map(
    (name, index) =>
      `<sheet name="${xmlText(name).replaceAll('"', '&quot;')}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
  );
  return `${header}<workbook xmlns="${main}" xmlns:r="${documents}"><sheets>${sheets.join('')}</sheets></workbook>`;
}

function workbookRelations(names: readonly string[]): string {
  const sheets = names.map(
    (_, index) =>
      `<Relationship Id="rId${index + 1}" Type="${documents}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
  );
  const last = `<Relationship Id="rId${names.length + 1}" Type="${documents}/styles" Target="styles.xml"/>`;
  return `${header}<Relationships xmlns="${packages}/relationships">${sheets.join('')}${last}</Relationships>`;
}

const relations = `${header}<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${documents}/officeDocument" Target="xl/workbook.xml"/></Relationships>`;

function contentTypes(names: readonly string[]): string {
  const sheets = names.map(
    (_, index) => `<Override PartName="/xl/worksheets/sheet${index + 1}.xml" ContentType="${types}.worksheet+xml"/>`,
  );
  return `${header}<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${types}.styles+xml"/>${sheets.join('')}</Types>`;
}
