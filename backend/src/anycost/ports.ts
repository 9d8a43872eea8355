import type { Connector, CostCharge, GpuSample, JobRun, LlmRequest, RawFields } from './connector.ts';

/** One file (or group of files) whose items a sink keeps. */
export interface SinkBatch {
  tenant: string;
  region: string;
  source: string;
  /** Grows with each ingest of a source: of two records of the same thing, the one of the later ingest counts. */
  ingestId: string;
  fileName: string;
}

/** Keeps what is no charge: language model requests, jobs, GPU samples. The same items again change nothing. */
export interface Sink<T> {
  keep(batch: SinkBatch, items: AsyncIterable<{ item: T; line: number }>): Promise<{ kept: number }>;
}

export interface Sinks {
  llmRequests?: Sink<LlmRequest>;
  jobs?: Sink<JobRun>;
  gpuSamples?: Sink<GpuSample>;
}

/** What the rules of a tenant make of rows; the same for all rows of one load. */
export interface RowRules {
  /** The fields with what must not be kept masked or tokenised; called before anything is kept for good. */
  protect(fields: RawFields, source: string): RawFields;
  /** The charge with its business dimensions, and which rule set each of them (`tag`, `rule:<name>`, `exception:<name>`). */
  enrich(
    charge: CostCharge,
    source: string,
  ): { columns: Record<string, string>; tags: Record<string, string>; tagSource: Record<string, string> };
  /** Changes when the rules do: equal bytes under other rules are loaded again. */
  version: string;
  /** False where `protect` changes nothing: files are then kept without looking at each field. Default true. */
  protects?: boolean;
  /**
   * Columns that `enrich` looks at besides tags and the business dimensions. Where they are told, large FOCUS files are
   * enriched once per combination of them and not once per row. Absent: `enrich` is asked for every row.
   */
  reads?: readonly string[];
}

/** What other rooms bring to anycost. */
export interface AnycostPorts {
  connectors?: readonly Connector[];
  sinks?: Sinks;
  rules?: (tenant: string) => Promise<RowRules>;
}

/** Whose charges a computed drop holds. The same place and month again replaces it whole. */
export interface ComputedPlace {
  tenant: string;
  region: string;
  source: string;
  /** `YYYY-MM`. */
  period: string;
}

/**
 * Makes a drop of charges that another room computed (clusters, estimated language model usage); resolves when it counts.
 * @throws AppError UNPROCESSABLE where a charge is incomplete: nothing is replaced
 */
export type SendCharges = (
  place: ComputedPlace,
  charges: AsyncIterable<CostCharge>,
) => Promise<{ rows: number; unchanged: boolean }>;
