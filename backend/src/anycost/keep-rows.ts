import type { Warehouse } from '../platform/warehouse/index.ts';
import { billError } from './bill-error.ts';
import { CsvScanner, EncodingError, fieldText, fieldTexts, type CsvRecord } from './csv-scanner.ts';
import { asRecord, parseExactly, parseRecord, withFields, type ParsedRecord } from './json-records.ts';
import { LineSplitter, maxLineBytes } from './line-splitter.ts';
import { filePieces, openFile } from './lake-files.ts';
import type { RowRules } from './ports.ts';
import { asFileError, rawBytes } from './raw-bytes.ts';
import type { FoundFormat } from './raw-format-reader.ts';
import { RowsFileWriter } from './rows-file.ts';
import type { RowsColumn } from './rows-page.ts';
import { Staging } from './staging-reader.ts';
import { faultColumn, fileColumn, headerKey, lineColumn, recordColumn, shapeKey, sourceColumn } from './rows-schema.ts';

/** Largest JSON document; larger ones come line by line. */
const maxDocumentBytes = 48 * 1024 * 1024;
const maxColumns = 2_000;

export interface KeepRows {
  /** The file that arrived. */
  path: string;
  /** Where its rows go; does not exist yet. */
  target: string;
  format: FoundFormat;
  source: string;
  fileName: string;
  rules: RowRules;
  /** Only asked where a Parquet file has to be looked through field by field. */
  warehouse: Warehouse;
  /** Called with the names in the header where there is one. @throws AppError for a file of another kind */
  onHeader(names: readonly string[]): void;
  signal?: AbortSignal;
}

/**
 * Reads a file to its end and writes its records as Parquet, each with source, file and line, what must not be kept masked.
 * A record that cannot be read is a row with the reason, for it is quarantined with its line and the rest goes on.
 * @returns records and bytes
 * @throws AppError UNPROCESSABLE where the file as a whole cannot be read; the target may exist then
 */
export async function keepRows(options: KeepRows): Promise<{ rows: number; bytes: number }> {
  const { format } = options;
  try {
    if (format.kind === 'csv') return await new CsvKeeper(options, format).keep();
    if (format.kind === 'parquet') return await keepParquet(options);
    return await keepJson(options, format);
  } catch (error) {
    throw asFileError(error);
  }
}

function originColumns({ source, fileName }: KeepRows): RowsColumn[] {
  return [
    { name: sourceColumn, kind: 'constant', value: source },
    { name: fileColumn, kind: 'constant', value: fileName },
    { name: lineColumn, kind: 'number' },
    { name: faultColumn, kind: 'text' },
  ];
}
/** Places of the columns that are the same in every rows file. */
const [linePlace, faultPlace, firstPlace] = [2, 3, 4] as const;

class CsvKeeper {
  readonly #options: KeepRows;
  readonly #scanner: CsvScanner;
  readonly #given: readonly string[] | undefined;
  #header: readonly string[] = [];
  #writer: RowsFileWriter | undefined;

  constructor(options: KeepRows, format: Extract<FoundFormat, { kind: 'csv' }>) {
    this.#options = options;
    this.#scanner = new CsvScanner(format.delimiter);
    this.#given = format.header === 'first-line' ? undefined : format.header;
  }

  async keep(): Promise<{ rows: number; bytes: number }> {
    const { path, format, signal } = this.#options;
    try {
      if (this.#given !== undefined) await this.#begin(this.#given);
      for await (const chunk of format.packed ? rawBytes(openFile(path), true) : filePieces(path)) {
        signal?.throwIfAborted();
        await this.#take(this.#scanner.push(chunk));
      }
      await this.#take(this.#scanner.end());
      if (this.#writer === undefined) throw billError('The file is empty; nothing was kept.');
      if (this.#writer.rows === 0) throw billError('The file has a header but no rows; nothing was kept.');
      const { rows } = this.#writer;
      const bytes = await this.#writer.finish({ [shapeKey]: 'fields', [headerKey]: JSON.stringify(this.#header) });
      return { rows, bytes };
    } catch (error) {
      await this.#writer?.abort();
      throw error;
    }
  }

  async #take(records: Generator<CsvRecord>): Promise<void> {
    for (const record of records) {
      if (this.#writer === undefined) {
        await this.#begin(fieldTexts(record));
        continue;
      }
      this.#write(this.#writer, record);
      if (this.#writer.isFull) await this.#writer.flush();
    }
  }

  async #begin(header: readonly string[]): Promise<void> {
    if (header.length > maxColumns)
      throw billError(`The header has ${header.length} columns; at most ${maxColumns} are read. Nothing was kept.`);
    this.#options.onHeader(header);
    this.#header = header;
    const origin = originColumns(this.#options);
    const names = distinctNames(header, new Set(origin.map(({ name }) => name)));
    const columns = names.map((name): RowsColumn => ({ name, kind: 'text' }));
    this.#writer = await RowsFileWriter.create(this.#options.target, [...origin, ...columns]);
  }

  #write(writer: RowsFileWriter, record: CsvRecord): void {
    const { pages } = writer;
    const width = this.#header.length;
    pages[linePlace]!.addNumber(record.line);
    const fits = record.count === width;
    pages[faultPlace]!.addText(fits ? '' : `The line has ${record.count} fields; the header has ${width}`);
    if (this.#options.rules.protects !== false) this.#writeProtected(writer, record);
    else
      for (let index = 0; index < width; index++) {
        const page = pages[firstPlace + index]!;
        if (index >= record.count) page.addText('');
        else page.addBytes(record.bytes, record.starts[index]!, record.ends[index]!, record.escaped[index] === 1);
      }
    writer.endRow(record.ends[record.count - 1]! - record.starts[0]!);
  }

  #writeProtected({ pages }: RowsFileWriter, record: CsvRecord): void {
    const { rules, source } = this.#options;
    const texts = this.#header.map((_, index) => (index < record.count ? fieldText(record, index) : ''));
    const fields = rules.protect(Object.fromEntries(this.#header.map((name, index) => [name, texts[index]!])), source);
    this.#header.forEach((name, index) => pages[firstPlace + index]!.addText(fields[name] ?? ''));
  }
}

async function keepJson(
  options: KeepRows,
  format: Extract<FoundFormat, { kind: 'json' | 'ndjson' }>,
): Promise<{ rows: number; bytes: number }> {
  const columns: RowsColumn[] = [...originColumns(options), { name: recordColumn, kind: 'text' }];
  const writer = await RowsFileWriter.create(options.target, columns);
  try {
    if (format.kind === 'ndjson') await keepLines(options, format.packed, writer);
    else await keepDocument(options, format, writer);
    const { rows } = writer;
    if (rows === 0) throw billError('The file holds no records; nothing was kept.');
    return { rows, bytes: await writer.finish({ [shapeKey]: 'records' }) };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function keepLines(options: KeepRows, packed: boolean, writer: RowsFileWriter): Promise<void> {
  const splitter = new LineSplitter();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const take = (line: number, bytes: Buffer | undefined) => {
    if (bytes === undefined)
      return writeRecord(options, writer, line, { ok: false, reason: `The line is longer than ${maxLineBytes} bytes` });
    let text: string;
    try {
      text = decoder.decode(bytes).trim();
    } catch {
      return writeRecord(options, writer, line, { ok: false, reason: 'The line is not UTF-8 text' });
    }
    if (text !== '') writeRecord(options, writer, line, parseRecord(text), text);
  };
  for await (const chunk of rawBytes(openFile(options.path), packed)) {
    options.signal?.throwIfAborted();
    for (const { line, bytes } of splitter.push(chunk)) {
      take(line, bytes);
      if (writer.isFull) await writer.flush();
    }
  }
  for (const { line, bytes } of splitter.end()) take(line, bytes);
}

async function keepDocument(
  options: KeepRows,
  { packed, records: recordsOf }: Extract<FoundFormat, { kind: 'json' }> & { packed: boolean },
  writer: RowsFileWriter,
): Promise<void> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of rawBytes(openFile(options.path), packed)) {
    length += chunk.length;
    if (length > maxDocumentBytes)
      throw billError(
        `The JSON document is larger than ${maxDocumentBytes} bytes; send one record per line (NDJSON) instead. Nothing was kept.`,
      );
    pieces.push(chunk);
  }
  const parsed = parseExactly(documentText(Buffer.concat(pieces)));
  if (parsed === undefined)
    throw billError('The file is not JSON, or was cut off before its end. Send it again; nothing was kept.');
  for (const [index, value] of recordsOf(parsed.value).entries()) {
    const record = asRecord(value);
    writeRecord(options, writer, index + 1, record, record.ok ? JSON.stringify(record.value) : '');
    if (writer.isFull) await writer.flush();
  }
}

function documentText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new EncodingError();
  }
}

function writeRecord(options: KeepRows, writer: RowsFileWriter, line: number, record: ParsedRecord, text = ''): void {
  const { rules, source } = options;
  let kept = record.ok ? text : '';
  if (record.ok && rules.protects !== false)
    kept = JSON.stringify(withFields(record.value, rules.protect(record.fields, source)));
  writer.pages[linePlace]!.addNumber(line);
  writer.pages[faultPlace]!.addText(record.ok ? '' : record.reason);
  writer.pages[firstPlace]!.addText(kept);
  writer.endRow(text.length);
}

/** Only where fields must be masked; else a Parquet file is kept as it came. */
async function keepParquet(options: KeepRows): Promise<{ rows: number; bytes: number }> {
  const { warehouse, path, target, rules, source } = options;
  const staging = await Staging.of(warehouse, path);
  const header = staging.header ?? [];
  options.onHeader(header);
  if (staging.rows === 0) throw billError('The file has a header but no rows; nothing was kept.');
  const columns = header.map((name): RowsColumn => ({ name, kind: 'text' }));
  const writer = await RowsFileWriter.create(target, [...originColumns(options), ...columns]);
  try {
    await staging.fill();
    for await (const record of staging.records()) {
      options.signal?.throwIfAborted();
      const fields = rules.protect(record.fields, source);
      writer.pages[linePlace]!.addNumber(record.line);
      writer.pages[faultPlace]!.addText('');
      header.forEach((name, index) => writer.pages[firstPlace + index]!.addText(fields[name] ?? ''));
      writer.endRow(header.length * 16);
      if (writer.isFull) await writer.flush();
    }
    const { rows } = writer;
    return { rows, bytes: await writer.finish({ [shapeKey]: 'fields', [headerKey]: JSON.stringify(header) }) };
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await staging.drop();
  }
}

/** Names that a Parquet file can have side by side. */
function distinctNames(header: readonly string[], taken: Set<string>): string[] {
  return header.map((name, index) => {
    let distinct = name === '' ? `column ${index + 1}` : name;
    for (let copy = 2; taken.has(distinct); copy++) distinct = `${name} (${copy})`;
    taken.add(distinct);
    return distinct;
  });
}
