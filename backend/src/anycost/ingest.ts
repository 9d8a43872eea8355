import type { Finding } from './connector.ts';

export type IngestState = 'waiting' | 'active' | 'completed' | 'failed';

/** Whose bill it is. A file of the same place and month replaces the one before. */
export interface Place {
  tenant: string;
  region: string;
  source: string;
  /** `YYYY-MM` where the sender names the one month of the file; else each month in it is a drop of its own. */
  period?: string;
}

/** A file of an ingest; its rows are in the lake. */
export interface KeptFile {
  fileName: string;
  /** What came, e.g. `csv.gz`; `computed` for charges of the service's own. */
  format: string;
  bytes: number;
  /** SHA-256 of the bytes that came. */
  contentHash: string;
  /** Below the folder of the lake, with `/`. */
  lakePath: string;
}

/** What was received: one file, or the parts of one report. */
export interface Ingest extends Place {
  id: string;
  version: bigint;
  /** Kind of the connector that maps it. */
  connector: string;
  /** Name of the only file, or of the group. */
  fileName: string;
  format: string;
  bytes: number;
  contentHash: string;
  lakePath: string;
  files: KeptFile[];
  rulesVersion: string;
  /** Loaded before; now again, under the rules of today. */
  isReload: boolean;
  state: IngestState;
  attempts: number;
}

/** What became of a bill. */
export interface IngestReport {
  jobId: string;
  source: string;
  region: string;
  connector: string;
  fileName: string;
  state: IngestState;
  /** 0 to 100. */
  progress: number;
  rowsRead: number;
  rows: number;
  quarantined: number;
  flagged: number;
  unchanged: boolean;
  /** Billing months that were replaced. */
  periods: string[];
  failure?: string;
  receivedAt: string;
  finishedAt?: string;
}

/** A remark about a line of the file: not loaded, or loaded although something is odd. */
export interface LineFinding extends Finding {
  /** Name of the file. */
  file: string;
  line: number;
  quarantined: boolean;
}

/** Findings that are kept of one file; all are counted. The lines themselves stay in the lake. */
export const maxFindingsKept = 10_000;

const names = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isPlaceName(text: string): boolean {
  return names.test(text);
}

export function isPeriod(text: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
}

/** A source's name from a file's: `AWS bill 2026-05.csv.gz` → `AWS-bill-2026-05`. Empty where nothing is left. */
export function sourceOfFile(fileName: string): string {
  const base = fileName.split(/[\\/]/).at(-1) ?? '';
  return base
    .replace(/\.(csv|gz|gzip|parquet|txt|log|json|ndjson|jsonl)$/gi, '')
    .replace(/\.(csv|parquet|json|ndjson|jsonl|txt)$/gi, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, 64);
}
