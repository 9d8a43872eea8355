import { cpus, totalmem } from 'node:os';

/** One measured number; with a target it says whether it holds. */
export interface Figure {
  name: string;
  value: number | null;
  unit: string;
  target?: string;
  holds?: boolean;
  /** What it is measured beside, in the same run. */
  against?: string;
  againstValue?: number | null;
}

/** The line of JSON with which a benchmark ends. */
export function reportLine(bench: string, figures: readonly Figure[]): string {
  const [cpu] = cpus();
  const machine = {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
  return JSON.stringify({ bench, machine, figures });
}
