import { cpus, totalmem } from 'node:os';

/** One measured number, with the figure it is held against where there is one. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** E.g. `<= 200`; `holds` is computed from it. */
  target?: string;
  holds?: boolean;
  /** What was measured beside it in the same run, and its number. */
  against?: string;
  againstValue?: number;
}

/** A figure whose value may be at most `limit`. */
export function atMost(
  name: string,
  value: number,
  unit: string,
  limit?: number,
  beside: { against?: string; againstValue?: number } = {},
): Figure {
  const { against, againstValue } = beside;
  return {
    name,
    value: rounded(value),
    unit,
    ...(limit === undefined ? {} : { target: `<= ${limit}`, holds: value <= limit }),
    ...(against === undefined || againstValue === undefined ? {} : { against, againstValue: rounded(againstValue) }),
  };
}

/** A figure whose value must be at least `limit`. */
export function atLeast(
  name: string,
  value: number,
  unit: string,
  limit?: number,
  beside: { against?: string; againstValue?: number } = {},
): Figure {
  const { target: _, holds: __, ...figure } = atMost(name, value, unit, undefined, beside);
  const shown = value < 10 ? Math.round(value * 1000) / 1000 : figure.value;
  return { ...figure, value: shown, ...(limit === undefined ? {} : { target: `>= ${limit}`, holds: value >= limit }) };
}

/** Writes progress, which is not part of the result. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Writes the result: one JSON object on the last line of stdout. */
export function report(bench: string, figures: readonly Figure[], about: Record<string, unknown> = {}): void {
  const machine = { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version };
  process.stdout.write(`${JSON.stringify({ bench, machine, ...about, figures })}\n`);
}

/** The value below which a share of the samples lies (nearest rank). @throws RangeError without samples */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError('There are no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}

/** The value of `--name VALUE`, or undefined. */
export function option(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
