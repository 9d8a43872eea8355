import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { ConnectorList } from './connector-list.ts';
import type { SourceSettings } from './connector.ts';
import type { Source } from './contract.ts';
import { focusConnector } from './focus-connector.ts';
import type { IngestReport } from './ingest.ts';
import { Ingestion } from './ingestion.ts';
import { openFile } from './lake-files.ts';
import { plainRules } from './plain-rules.ts';
import type { AnycostPorts, SendCharges } from './ports.ts';
import { ingestRoutes } from './routes.ts';
import { asSettings, SourceBook } from './source-book.ts';
import { SourceList } from './source-list.ts';
import { sourceRoutes } from './source-routes.ts';
import { SourceRunner } from './source-runner.ts';
import { folderReader } from './source-folders-reader.ts';
import { secretReader } from './source-secrets-reader.ts';

export type { Source } from './contract.ts';
export type { IngestReport } from './ingest.ts';
export type {
  Connector,
  CostCharge,
  Discovery,
  Finding,
  GpuSample,
  JobRun,
  LlmRequest,
  Mapped,
  Mapper,
  RawFields,
  RawFormat,
  RawRecord,
  RemoteFile,
  SourceContext,
  SourceProbe,
  SourceSettings,
} from './connector.ts';
export { focusConnector } from './focus-connector.ts';
export { csvRecords } from './csv-records.ts';
export { businessDimensions, canonicalTagName, canonicalTags, usualTagNames } from './tags.ts';
export type { BusinessDimension } from './tags.ts';
export type { AnycostPorts, ComputedPlace, RowRules, SendCharges, Sink, SinkBatch, Sinks } from './ports.ts';

export interface AnycostRoom extends Room {
  /**
   * Ingests a FOCUS file of this machine; resolves when it counts. Sending it again replaces what it sent before. Tenant and
   * region are `default` and the source is the file's name where they are not given.
   * @throws AppError UNPROCESSABLE and others with a sentence that says what is wrong with the file
   */
  ingestFocusFile(path: string, place?: { tenant?: string; region?: string; source?: string }): Promise<IngestReport>;
  /**
   * Ingests a file of any kind; resolves when it counts.
   * @throws AppError BAD_REQUEST with the kinds that there are, UNPROCESSABLE where nothing of the file can be used
   */
  ingest(
    stream: Readable,
    about: { connector: string; tenant: string; region: string; source: string; fileName: string; period?: string },
  ): Promise<IngestReport>;
  /** Sources of bills that the caller may see, with their age. */
  sources(scope: Pick<Scope, 'tenant' | 'regions'>): Promise<Source[]>;
  /** Settings of a declared source; undefined where nobody declared it. */
  findSource(tenant: string, name: string): Promise<SourceSettings | undefined>;
  /** Loads again, from the lake, what counts now, e.g. after the rules changed. Jobs do it; readers keep what they see. */
  reload(query: { tenant: string; source?: string; period?: string }): Promise<{ ingests: number }>;
  /** The same at once, for all tenants where none is named. @returns files that were loaded */
  rebuild(
    query: { tenant?: string; source?: string; period?: string },
    onLoaded: (report: IngestReport) => void,
  ): Promise<number>;
  sendCharges: SendCharges;
}

/** The room that takes bills and usage in, of any kind that a connector maps, and keeps charges in FOCUS terms. */
export function createAnycostRoom(platform: Platform, ports: AnycostPorts = {}): AnycostRoom {
  const connectors = new ConnectorList(ports.connectors ?? []);
  const rulesOf = ports.rules ?? (async () => plainRules);
  const { config } = platform;
  const book = new SourceBook(platform, connectors, {
    secret: secretReader(process.env, config.sourceSecrets),
    folder: folderReader([join(config.dataDir, 'sources'), ...config.sourceFolders]),
  });
  const settingsOf = book.settingsOf.bind(book);
  const ingestion = new Ingestion(platform, { connectors, sinks: ports.sinks ?? {}, rulesOf, settingsOf });
  const runner = new SourceRunner(platform, { connectors, book, ingestion });
  const list = new SourceList({ clock: platform.clock, connectors, book, ingestion });
  const { uploadLimitBytes } = config.http;
  return {
    name: 'anycost',
    routes: async (app) => {
      await ingestRoutes(app, { ingestion, connectors, book, uploadLimitBytes });
      sourceRoutes(app, { connectors, book, list });
    },
    start: () => book.declareConfigured(),
    loops: [
      { name: 'anycost-housekeeping', everyMs: 10 * 60_000, run: () => ingestion.keepHouse() },
      { name: 'anycost-sources', everyMs: 30_000, offsetMs: 7_000, run: (signal) => runner.runDue(signal) },
    ],
    ingestFocusFile: async (path, place = {}) => {
      const stream = openFile(path);
      const options = { place: { tenant: 'default', region: 'default', ...place }, connector: focusConnector };
      try {
        return await ingestion.ingest([{ stream, fileName: basename(path) }], {
          ...options,
          receivedBy: 'command-line',
        });
      } finally {
        stream.destroy();
      }
    },
    ingest: (stream, { connector, fileName, ...place }) =>
      ingestion.ingest([{ stream, fileName }], {
        place,
        connector: connectors.named(connector),
        receivedBy: 'service',
      }),
    sources: (scope) => list.all(scope),
    findSource: async (tenant, name) => {
      const declared = await book.find(tenant, name);
      return declared && asSettings(declared);
    },
    reload: (query) => ingestion.reload(query),
    rebuild: (query, onLoaded) => ingestion.rebuild(query, onLoaded),
    sendCharges: ingestion.sendCharges,
  };
}
