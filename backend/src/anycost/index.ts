import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { Source } from './contract.ts';
import type { IngestReport } from './ingest.ts';
import { Ingestion } from './ingestion.ts';
import { anycostRoutes } from './routes.ts';

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
export { csvRecords } from './csv-records.ts';
export type { AnycostPorts, ComputedPlace, RowRules, SendCharges, Sink, SinkBatch, Sinks } from './ports.ts';

export interface AnycostRoom extends Room {
  /**
   * Ingests a FOCUS file of this machine; resolves when it counts. Sending it again replaces what it sent before. Tenant and
   * region are `default` and the source is the file's name where they are not given.
   * @throws AppError UNPROCESSABLE and others with a sentence that says what is wrong with the file
   */
  ingestFocusFile(path: string, place?: { tenant?: string; region?: string; source?: string }): Promise<IngestReport>;
  /** Sources of bills that the caller may see, with their age. */
  sources(scope: Pick<Scope, 'tenant' | 'regions'>): Promise<Source[]>;
}

/** The room that takes bills in and keeps them in FOCUS terms. */
export function createAnycostRoom(platform: Platform): AnycostRoom {
  const ingestion = new Ingestion(platform);
  return {
    name: 'anycost',
    routes: (app) => anycostRoutes(app, ingestion, platform.config.http.uploadLimitBytes),
    loops: [{ name: 'anycost-housekeeping', everyMs: 10 * 60_000, run: () => ingestion.keepHouse() }],
    ingestFocusFile: (path, place = {}) =>
      ingestion.ingestFile(path, { tenant: 'default', region: 'default', ...place }),
    sources: ({ tenant, regions }) => ingestion.sources(tenant, regions),
  };
}
