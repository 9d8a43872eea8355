import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Connector, RawFormat, SourceSettings } from './connector.ts';
import { billError } from './bill-error.ts';
import { isPeriod, isPlaceName, sourceOfFile, type Ingest, type KeptFile, type Place } from './ingest.ts';
import * as ingests from './ingest-repository.ts';
import { keepRows } from './keep-rows.ts';
import type { Arrival, Lake } from './lake-files.ts';
import { readParquetSchema } from './parquet-schema-reader.ts';
import type { RowRules } from './ports.ts';
import { formatOf, type FoundFormat } from './raw-format-reader.ts';

/** Files that one ingest may have. */
const maxFiles = 1_000;
const maxKeyLength = 200;

/** A file that comes in. */
export interface IncomingFile {
  stream: Readable;
  fileName: string;
  /** How the source says that it is to be read; default as the connector says. */
  format?: RawFormat;
  /** What the sender says of it, e.g. by its content type. */
  hint?: 'json' | 'ndjson';
}

export interface ReceiveOptions {
  /** Without a source the first file's name counts. */
  place: Omit<Place, 'source'> & { source?: string };
  connector: Connector;
  receivedBy: string;
  /** Name of the group that the files are; default the only file's. */
  groupName?: string;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

interface Arrived {
  arrival: Arrival;
  file: Omit<IncomingFile, 'stream'>;
}

/** Receives files: their rows to the lake, and a line in the store that says so. */
export class Reception {
  readonly #platform: Platform;
  readonly #lake: Lake;
  readonly #rulesOf: (tenant: string) => Promise<RowRules>;
  readonly #settingsOf: (place: Place, connector: Connector) => Promise<SourceSettings>;

  constructor(
    platform: Platform,
    lake: Lake,
    ports: {
      rulesOf: (tenant: string) => Promise<RowRules>;
      settingsOf: (place: Place, connector: Connector) => Promise<SourceSettings>;
    },
  ) {
    this.#platform = platform;
    this.#lake = lake;
    this.#rulesOf = ports.rulesOf;
    this.#settingsOf = ports.settingsOf;
  }

  /**
   * Takes the files in and resolves when their rows are safe in the lake and written down.
   * @returns the ingest; the same one where equal bytes wait already or the idempotency key was used for them
   * @throws AppError UNPROCESSABLE, UNSUPPORTED_FORMAT, TOO_LARGE, DISK_FULL, UNAVAILABLE: nothing was kept; CONFLICT where
   *   the idempotency key was used for other bytes
   */
  async receive(
    incoming: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    options: ReceiveOptions,
  ): Promise<Ingest> {
    const arrived: Arrived[] = [];
    try {
      for await (const { stream, ...file } of incoming) {
        if (arrived.length >= maxFiles) throw new AppError('TOO_LARGE', `At most ${maxFiles} files are taken at once.`);
        const arrival = await this.#lake.receive(stream, this.#platform.config.http.uploadLimitBytes, options.signal);
        arrived.push({ arrival, file });
      }
      return await this.#register(arrived, options);
    } finally {
      for (const { arrival } of arrived) await arrival.discard();
    }
  }

  /** The ingest with its rows in the lake: earlier versions of the service kept CSV files there as they had come. */
  async asRows(ingest: Ingest, connector: Connector): Promise<Ingest> {
    const isOld = ({ lakePath }: KeptFile) => lakePath.startsWith('raw/') && !lakePath.endsWith('.parquet');
    if (!ingest.files.some(isOld)) return ingest;
    const rules = await this.#rulesOf(ingest.tenant);
    const source = await this.#settingsOf(ingest, connector);
    const options = { place: ingest, connector, receivedBy: 'service' };
    const files: KeptFile[] = [];
    for (const [place, file] of ingest.files.entries()) {
      if (!isOld(file)) {
        files.push(file);
        continue;
      }
      const arrival = { ...file, path: this.#lake.pathOf(file.lakePath), discard: async () => undefined };
      const kept = await this.#keep(
        { arrival, file: { fileName: file.fileName } },
        { place: ingest, rules, source, options },
      );
      await ingests.moveFile(this.#platform.store, ingest.id, place, kept.lakePath);
      files.push(kept);
    }
    return { ...ingest, files, lakePath: files[0]!.lakePath };
  }

  async #register(arrived: readonly Arrived[], options: ReceiveOptions): Promise<Ingest> {
    const [first] = arrived;
    if (first === undefined)
      throw new AppError('BAD_REQUEST', 'No file was sent.', { help: 'Add the bill as a file field.' });
    const place = checkedPlace(options, first.file.fileName);
    const contentHash = hashOfAll(arrived);
    const known = await this.#knownIngest(contentHash, place, options);
    if (known) return known;
    const rules = await this.#rulesOf(place.tenant);
    const source = await this.#settingsOf(place, options.connector);
    const files: KeptFile[] = [];
    for (const one of arrived) files.push(await this.#keep(one, { place, rules, source, options }));
    const reception = {
      place,
      connector: options.connector.kind,
      fileName: (options.groupName ?? first.file.fileName).slice(0, 255),
      contentHash,
      files,
      rulesVersion: rules.version,
      receivedBy: options.receivedBy,
      ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
      at: this.#platform.clock.now(),
    };
    const inserted = await ingests.insertIngest(this.#platform.store, reception);
    return inserted ?? (await this.#byKey(contentHash, place.tenant, options))!;
  }

  /** Writes the rows of a file to the lake; nothing of it is left elsewhere. */
  async #keep(
    { arrival, file }: Arrived,
    about: { place: Place; rules: RowRules; source: SourceSettings; options: ReceiveOptions },
  ): Promise<KeptFile> {
    const { place, rules, source, options } = about;
    const fileName = file.fileName.slice(0, 255);
    const declared = file.format ?? options.connector.format;
    const format = await formatOf(arrival.path, declared, file.hint);
    const check = (fields?: readonly string[]) =>
      void options.connector.map({ fileName, source, ...(fields === undefined ? {} : { fields }) });
    const kept = { fileName, format: formatName(format), bytes: arrival.bytes, contentHash: arrival.contentHash };
    const name = hashOf([arrival.contentHash, fileName, rules.protects === false ? '' : rules.version]);
    if (format.kind === 'parquet' && rules.protects === false) {
      await checkParquet(arrival.path, check);
      return { ...kept, lakePath: await this.#lake.keep(arrival.path, place, name) };
    }
    if (format.kind !== 'csv' && format.kind !== 'parquet') check();
    const target = await this.#lake.newFile();
    try {
      const warehouse = this.#platform.warehouse.in(place.region);
      const { signal } = options;
      await this.#lake.writing(() =>
        keepRows({
          ...{ path: arrival.path, target, format, source: place.source, fileName, rules, warehouse, onHeader: check },
          ...(signal ? { signal } : {}),
        }),
      );
      return { ...kept, lakePath: await this.#lake.keep(target, place, name) };
    } finally {
      await this.#lake.remove(target);
    }
  }

  /** The ingest that these bytes are already: by their idempotency key, or because they still wait. */
  async #knownIngest(contentHash: string, place: Place, options: ReceiveOptions): Promise<Ingest | undefined> {
    const byKey = await this.#byKey(contentHash, place.tenant, options);
    if (byKey) return byKey;
    const newest = await ingests.findNewest(this.#platform.store, place);
    const waits =
      newest?.state === 'waiting' &&
      !newest.isReload &&
      newest.contentHash === contentHash &&
      newest.connector === options.connector.kind;
    return waits && options.idempotencyKey === undefined ? newest : undefined;
  }

  async #byKey(contentHash: string, tenant: string, options: ReceiveOptions): Promise<Ingest | undefined> {
    if (options.idempotencyKey === undefined) return undefined;
    const known = await ingests.findByKey(this.#platform.store, tenant, options.receivedBy, options.idempotencyKey);
    if (known && known.contentHash !== contentHash)
      throw new AppError('CONFLICT', 'The Idempotency-Key was used for another file.', {
        help: 'Send a new key with each new file.',
      });
    return known;
  }
}

async function checkParquet(path: string, check: (fields: readonly string[]) => void): Promise<void> {
  const { columns, rows } = await readParquetSchema(path);
  check(columns.map(({ name }) => name));
  if (rows === 0) throw billError('The file has a header but no rows; nothing was kept.');
}

function checkedPlace({ place, idempotencyKey }: ReceiveOptions, fileName: string): Place {
  const source = place.source ?? sourceOfFile(fileName);
  if (source === '')
    throw new AppError('BAD_REQUEST', 'The bill has no source.', {
      help: 'Name it, e.g. ?source=aws-payer-1; a later file of that source and month replaces this one.',
    });
  if (!isPlaceName(source) || !isPlaceName(place.region))
    throw new AppError('BAD_REQUEST', 'Source and region have letters, digits, ".", "_" and "-" only, 64 at most.');
  if (place.period !== undefined && !isPeriod(place.period))
    throw new AppError('BAD_REQUEST', 'The period is a month, e.g. 2026-05.');
  if (idempotencyKey !== undefined && idempotencyKey.length > maxKeyLength)
    throw new AppError('BAD_REQUEST', `The Idempotency-Key is longer than ${maxKeyLength} characters.`);
  return { ...place, source };
}

/** Of one file its own; of several, of names and contents whatever their order. */
function hashOfAll(arrived: readonly Arrived[]): string {
  const [first] = arrived;
  if (arrived.length === 1) return first!.arrival.contentHash;
  return hashOf(arrived.map(({ arrival, file }) => `${file.fileName} ${arrival.contentHash}`).sort());
}

export function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function formatName({ kind, packed }: FoundFormat): string {
  return packed ? `${kind}.gz` : kind;
}
