import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** One series on an even grid. */
export interface Series {
  name: string;
  /** Epoch milliseconds of the first value. */
  start: number;
  /** Seconds between two values. */
  stepSeconds: number;
  /** One value per step; NaN where the file has no row (missing, not zero). */
  values: Float64Array;
}

/** A series longer than this many steps per row is not a series with gaps but a mistake in its time stamps. */
const maxStepsPerRow = 20;

/** Every CSV file of a folder and its subfolders, as paths below it, sorted. */
export function listSeries(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.csv'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Reads a CSV file with a header, a time and a value in each row; see `parseSeries`. */
export function readSeries(folder: string, file: string): Series {
  return parseSeries(file.replace(/\.csv$/, ''), readFileSync(join(folder, file), 'utf8'));
}

/**
 * Series of a CSV text: time (epoch seconds, or `YYYY-MM-DD HH:MM:SS` in UTC) and value. The step is the most frequent
 * distance of two rows. Rows may be missing; of two rows with one time the later one counts.
 * @throws Error naming the line that cannot be read, or where fewer than two rows are there.
 */
export function parseSeries(name: string, text: string): Series {
  const rows = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line, number }) => line !== '' && number > 1)
    .map(({ line, number }) => parseRow(name, line, number));
  if (rows.length < 2) throw new Error(`${name}: two rows at least are needed, there are ${rows.length}`);
  rows.sort((a, b) => a.at - b.at);
  const stepSeconds = commonStep(rows.map((row) => row.at));
  const start = rows[0]!.at;
  const steps = Math.round((rows.at(-1)!.at - start) / (stepSeconds * 1000)) + 1;
  if (steps > maxStepsPerRow * rows.length) {
    throw new Error(
      `${name}: ${rows.length} rows are spread over ${steps} steps of ${stepSeconds} s; check the time stamps`,
    );
  }
  const values = new Float64Array(steps).fill(Number.NaN);
  for (const row of rows) values[Math.round((row.at - start) / (stepSeconds * 1000))] = row.value;
  return { name, start, stepSeconds, values };
}

function parseRow(name: string, line: string, number: number): { at: number; value: number } {
  const comma = line.lastIndexOf(',');
  const time = line.slice(0, comma).trim().replaceAll('"', '');
  const at = /^\d+(\.\d+)?$/.test(time) ? Number(time) * 1000 : Date.parse(`${time.replace(' ', 'T')}Z`);
  const written = line.slice(comma + 1).trim();
  const value = written === '' ? Number.NaN : Number(written);
  if (comma < 0 || Number.isNaN(at) || (Number.isNaN(value) && !/^(nan)?$/i.test(written))) {
    throw new Error(`${name}, line ${number}: expected "time,value", read ${JSON.stringify(line.slice(0, 80))}`);
  }
  return { at, value: Number.isFinite(value) ? value : Number.NaN };
}

function commonStep(times: readonly number[]): number {
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i += 1) {
    const step = (times[i]! - times[i - 1]!) / 1000;
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const [common] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (!common) throw new Error('all rows have the same time');
  return common[0];
}
