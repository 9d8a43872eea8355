/** A line of minutes as it is drawn on a terminal. */
export interface TerminalSeries {
  actual: readonly (number | null)[];
  predicted: readonly (number | null)[];
  lower: readonly (number | null)[];
  upper: readonly (number | null)[];
}

export interface ChartOptions {
  /** Columns of the plot without its axis. */
  width: number;
  height: number;
  /** Labels under the first column, under the last actual value and under the last column. */
  labels: { first: string; now: string; last: string };
  color: boolean;
}

interface Cell {
  glyph: string;
  style: 'actual' | 'predicted' | 'band' | 'none';
}

const ansi: Readonly<Record<Cell['style'], string>> = {
  actual: '\u001b[36m',
  predicted: '\u001b[33m',
  band: '\u001b[90m',
  none: '',
};

/**
 * Draws actual (solid dots), prediction (open dots) and its band (shade) against a common axis. Each column is the mean of
 * the minutes that fall on it; a column without a value stays empty.
 * @returns lines of text, the axis labels last.
 */
export function drawTraffic(series: TerminalSeries, options: ChartOptions): string[] {
  const columns = {
    actual: squeeze(series.actual, options.width),
    predicted: squeeze(series.predicted, options.width),
    lower: squeeze(series.lower, options.width),
    upper: squeeze(series.upper, options.width),
  };
  const all = Object.values(columns)
    .flat()
    .filter((value) => value !== null);
  if (all.length === 0) return ['  (no minutes yet)'];
  const top = niceCeiling(Math.max(...all));
  const rowOf = (value: number): number => options.height - 1 - Math.round((value / top) * (options.height - 1));
  const width = columns.actual.length;
  const grid = Array.from({ length: options.height }, () =>
    Array.from({ length: width }, (): Cell => ({ glyph: ' ', style: 'none' })),
  );
  for (let x = 0; x < width; x++) {
    const [low, high, predicted, actual] = [
      columns.lower[x],
      columns.upper[x],
      columns.predicted[x],
      columns.actual[x],
    ];
    if (low !== null && low !== undefined && high !== null && high !== undefined) {
      for (let y = rowOf(high); y <= rowOf(low); y++) grid[y]![x] = { glyph: '░', style: 'band' };
    }
    if (predicted !== null && predicted !== undefined) grid[rowOf(predicted)]![x] = { glyph: '○', style: 'predicted' };
    if (actual !== null && actual !== undefined) grid[rowOf(actual)]![x] = { glyph: '●', style: 'actual' };
  }
  const lines = grid.map(
    (row, y) => axis(y, options.height, top) + row.map((cell) => paint(cell, options.color)).join(''),
  );
  return [...lines, footer(series, options, width)];
}

function squeeze(values: readonly (number | null)[], width: number): (number | null)[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / width));
    const present = values.slice(from, to).filter((value) => value !== null);
    return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
  });
}

function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function axis(y: number, height: number, top: number): string {
  const labelled =
    y === 0 ? top : y === height - 1 ? 0 : y === Math.floor(height / 2) ? top * (1 - y / (height - 1)) : undefined;
  return `${(labelled === undefined ? '' : compact(labelled)).padStart(7)} ┤`;
}

function footer(series: TerminalSeries, { labels }: ChartOptions, width: number): string {
  const lastActual = series.actual.findLastIndex((value) => value !== null);
  const now = Math.round(((lastActual + 0.5) / series.actual.length) * width);
  const line = new Array<string>(width + 8).fill(' ');
  const put = (text: string, at: number): void => {
    for (const [i, letter] of [...text].entries()) line[at + i] = letter;
  };
  put(labels.first, 0);
  if (now - labels.now.length / 2 > labels.first.length + 1) put(labels.now, Math.round(now - labels.now.length / 2));
  if (now + labels.now.length / 2 + 1 < width - labels.last.length) put(labels.last, width - labels.last.length);
  return ' '.repeat(9) + line.join('').trimEnd();
}

function paint(cell: Cell, color: boolean): string {
  return color && cell.style !== 'none' ? `${ansi[cell.style]}${cell.glyph}\u001b[0m` : cell.glyph;
}

/** 1234567 as `1.23M`, 950 as `950`, 0.5 as `0.5`: three significant digits. */
export function compact(value: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  for (const [size, unit] of steps) if (Math.abs(value) >= size) return `${trim(value / size)}${unit}`;
  return trim(value);
}

function trim(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
