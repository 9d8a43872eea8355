import type { TSchema } from 'typebox';
import type { Outgoing } from '../platform/outgoing/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { Clock } from '../platform/clock/index.ts';

/** A field's name to its text as the file has it; an absent field is not there. Nested JSON is flattened with dots. */
export type RawFields = Readonly<Record<string, string>>;

/** One record of a raw file: a CSV or text line, an element of a JSON array, a line of NDJSON, a row of Parquet. */
export interface RawRecord {
  /** Line of the file, or number of the element or row, counted from 1. */
  line: number;
  fields: RawFields;
  /** The record as parsed, for formats whose nesting matters (JSON, OTLP). */
  value?: unknown;
}

export interface Finding {
  /** Field of the input that is at fault; empty where it is the whole record. */
  column: string;
  /** A sentence that never holds the field's text: descriptions and tags may carry what is secret. */
  reason: string;
}

/**
 * A charge in FOCUS 1.4 terms as texts: costs and quantities are exact decimals, instants ISO 8601 UTC, absent fields are
 * absent. BilledCost, BillingCurrency, BillingPeriodStart/End, ChargePeriodStart/End, ChargeCategory, ServiceName and
 * ServiceProviderName must be there. Columns of the warehouse that FOCUS lacks begin with `x_`.
 */
export interface CostCharge {
  columns: Record<string, string>;
  tags: Record<string, string>;
}

/** One call of a language model. Names follow OpenTelemetry's `gen_ai` conventions. */
export interface LlmRequest {
  /** Unique within tenant and source; the same id again is the same request, and the later record counts. */
  requestId: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** gen_ai.provider.name, e.g. `openai`, `anthropic`, `vllm`. */
  provider: string;
  /** gen_ai.response.model, else gen_ai.request.model. */
  model: string;
  modelVersion?: string;
  /** gen_ai.operation.name: chat, embeddings, ... */
  operation?: string;
  /** How many calls the record stands for: usage exports give buckets, not requests. Default 1. */
  requests?: number;
  /** All tokens of the prompt, cached ones included. */
  inputTokens: number;
  /** The part of them that was read from the provider's cache. */
  cachedInputTokens?: number;
  /** The part of them that was written to the cache, by lifetime. */
  cacheWrite5mTokens?: number;
  cacheWrite1hTokens?: number;
  /** All tokens of the answer, reasoning included. */
  outputTokens: number;
  reasoningTokens?: number;
  inputAudioTokens?: number;
  outputAudioTokens?: number;
  inputImages?: number;
  outputImages?: number;
  inputCharacters?: number;
  inputSeconds?: number;
  outputSeconds?: number;
  webSearches?: number;
  /** standard, batch, flex, priority. Default standard. */
  serviceTier?: 'standard' | 'batch' | 'flex' | 'priority';
  firstTokenMs?: number;
  durationMs?: number;
  status?: 'ok' | 'error' | 'timeout' | 'cancelled';
  team?: string;
  product?: string;
  customer?: string;
  feature?: string;
  /** Stage of the software's life: dev, ci, staging, production. */
  environment?: string;
  session?: string;
  user?: string;
  traceId?: string;
  tags?: Record<string, string>;
  /** What the record itself says the call cost, as an exact decimal; the price book's answer is kept beside it. */
  reportedCost?: string;
  reportedCurrency?: string;
}

/** A batch job, as the scheduler accounts for it. */
export interface JobRun {
  cluster: string;
  scheduler: 'slurm' | 'kubernetes';
  jobId: string;
  jobName: string;
  user: string;
  account: string;
  partition: string;
  state: string;
  submittedAt: string;
  startedAt: string;
  /** Absent while the job runs. */
  endedAt?: string;
  nodes?: number;
  cpus: number;
  memoryBytes: number;
  gpus: number;
  gpuType: string;
  team?: string;
  product?: string;
  environment?: string;
  tags?: Record<string, string>;
  /**
   * What the record is. `job` (default): a run of a batch job. `slice`: a stretch within one hour of what runs for long, a
   * pod. `node`: no job at all but a host that was there, with what it offered; `jobId` is its name, and `endedAt` is absent
   * where it was there until the next record of its cluster says otherwise.
   */
  record?: 'job' | 'slice' | 'node';
  /** Of a job that still runs: the instant up to which it is known to have run. */
  observedAt?: string;
  /** Seconds that it really ran, where it was suspended in between. */
  elapsedSeconds?: number;
  /** Hosts it ran on. */
  nodeNames?: readonly string[];
  /** Which GPUs of which host it held, where the scheduler says so. */
  devices?: readonly { node: string; gpu: string }[];
  /** GPUs by type where it held several types; `gpus` is their sum. */
  gpusByType?: Readonly<Record<string, number>>;
  /** GPU-seconds as an exact decimal, where GPUs were shared; else `gpus` times the time. */
  gpuSeconds?: string;
  /** Of a pod: what it asked for; `cpus` and `memoryBytes` are the larger of request and use. */
  cpusRequested?: number;
  memoryBytesRequested?: number;
  /** Means over the time, where they were measured. */
  cpusUsed?: number;
  memoryBytesUsed?: number;
}

/** One GPU (or a slice of it) in one hour, as DCGM saw it. */
export interface GpuSample {
  cluster: string;
  node: string;
  gpu: string;
  gpuType: string;
  /** Start of the hour, ISO 8601 UTC. */
  hour: string;
  jobId: string;
  utilisation: number;
  memoryUsedBytes: number;
  memoryTotalBytes: number;
  powerWatts: number;
  uuid?: string;
  /** Seconds of the hour that the sample stands for, of a slice times its part of the GPU; 3600 where it is absent. */
  seconds?: number;
}

/** What a connector makes of a record. One record may give several, or none (a footer, a header that repeats). */
export type Mapped =
  | { kind: 'charge'; charge: CostCharge; flags?: readonly Finding[] }
  | { kind: 'llm-request'; request: LlmRequest; flags?: readonly Finding[] }
  | { kind: 'job'; job: JobRun; flags?: readonly Finding[] }
  | { kind: 'gpu-sample'; sample: GpuSample; flags?: readonly Finding[] }
  /** The record cannot be used; it is quarantined with its line, and the rest goes on. */
  | { kind: 'quarantined'; findings: readonly Finding[] };

/** Maps the records of one file, in their order. May keep bounded state between records. */
export interface Mapper {
  map(record: RawRecord): readonly Mapped[];
  /** Called once after the last record, for what only the whole file tells (idle of a cluster, rounding lines). */
  end?(): readonly (Mapped & { line?: number })[];
}

/** How the bytes of a file become records. `auto` looks at the name and the first bytes. */
export type RawFormat =
  | 'auto'
  | 'csv'
  | 'json'
  | 'ndjson'
  | 'parquet'
  | { csv: { delimiter: string; header: 'first-line' | readonly string[] } }
  /** Where in a JSON document the array of records stands, e.g. `['jobs']`. */
  | { json: { path: readonly string[] } }
  /** The same where a path does not tell: picks the records out of a document; undefined where it holds none of the kind. */
  | { json: { records: (document: unknown) => readonly unknown[] | undefined } };

/** A file that waits at the source. */
export interface RemoteFile {
  /** Stable within the source, e.g. the object's key. */
  name: string;
  /** Changes when the content does: ETag, generation, modification time. */
  version: string;
  bytes?: number;
  /** `YYYY-MM` where the file replaces one billing month whole; else each month found in it. */
  period?: string;
  format?: RawFormat;
  /** Files of one group (e.g. the parts of one report) become one drop. Default: the name. */
  group?: string;
}

/** What a source has, and where the next look begins. The cursor is kept by the service, per source. */
export interface Discovery {
  files: readonly RemoteFile[];
  cursor: string;
}

/** A source as an admin declares it in YAML or by the API. */
export interface SourceSettings {
  name: string;
  kind: string;
  region: string;
  /** Checked against the connector's `settings`. Secrets are names of environment variables or files, resolved before. */
  settings: Readonly<Record<string, unknown>>;
}

export interface SourceContext {
  source: SourceSettings;
  tenant: string;
  clock: Clock;
  /** Every call outside goes through it: time-outs, retries, breaker, allow-list. */
  outgoing: Outgoing;
  warehouse: Warehouse;
  /** Value of a secret that the settings name. @throws AppError where it is not set. */
  secret(name: string): string;
  /**
   * A file or folder of this machine that the settings name, with its links resolved.
   * @throws AppError FORBIDDEN where the configuration does not let sources read there
   */
  folder(path: string): Promise<string>;
  signal: AbortSignal;
}

export interface SourceProbe {
  ok: boolean;
  /** One sentence: what was found, or what is wrong. */
  message: string;
  /** What to do about it. */
  help?: string;
}

/**
 * One kind of source. `map` alone suffices for a kind whose files are only sent (POST /api/ingest/...); with `discover` and
 * `pull` the service fetches by itself, on a rhythm, what is new since the cursor.
 */
export interface Connector {
  /** Lower case with hyphens, e.g. `aws-cur`. */
  kind: string;
  /** What people call it, e.g. `AWS Cost and Usage Report`. */
  title: string;
  /** The endpoint that takes its files: `/api/ingest/<endpoint>`. */
  endpoint: 'cloud-usage' | 'prometheus' | 'slurm' | 'llm-metrics';
  /** Schema of `settings`, with descriptions: the page's form is made from it. */
  settings: TSchema;
  format: RawFormat;
  /** A mapper for one file. `fields` are the names in its header where it has one. @throws AppError for a wrong file */
  map(context: { fileName: string; fields?: readonly string[]; source: SourceSettings }): Mapper;
  /** What is there since the cursor. Never throws for an empty source. */
  discover?(context: SourceContext, cursor: string | undefined): Promise<Discovery>;
  /** The bytes of one discovered file. */
  pull?(context: SourceContext, file: RemoteFile): Promise<AsyncIterable<Uint8Array>>;
  /** Whether the source can be reached with these settings; never throws. */
  health?(context: SourceContext): Promise<SourceProbe>;
}
