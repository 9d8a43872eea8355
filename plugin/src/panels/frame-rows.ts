import { dateTimeFormat, FieldType, getFieldDisplayName, type DataFrame, type Field } from '@grafana/data';

export interface FrameTable {
  header: string[];
  rows: Array<Array<string | number | null>>;
}

/** The most rows that a table behind a chart shows and copies. */
const mostRows = 5000;

/** Frames as one table: series over time are joined on time, a table stays as it is. */
export function frameRows(frames: readonly DataFrame[]): FrameTable {
  const timed = frames.filter((frame) => frame.fields.some(({ type }) => type === FieldType.time));
  if (timed.length === 0) return frames[0] === undefined ? { header: [], rows: [] } : wholeTable(frames[0]);
  const columns: Array<{ name: string; at: Map<number, string | number | null> }> = [];
  const times = new Set<number>();
  for (const frame of timed) {
    const time = frame.fields.find(({ type }) => type === FieldType.time)!;
    for (const field of frame.fields.filter((one) => one !== time)) {
      const at = new Map<number, string | number | null>();
      for (let row = 0; row < frame.length; row++) {
        times.add(Number(time.values[row]));
        at.set(Number(time.values[row]), cell(field, row));
      }
      columns.push({ name: getFieldDisplayName(field, frame, [...frames]), at });
    }
  }
  const ordered = [...times].sort((a, b) => b - a).slice(0, mostRows);
  return {
    header: ['Time', ...columns.map(({ name }) => name)],
    rows: ordered.map((time) => [dateTimeFormat(time), ...columns.map(({ at }) => at.get(time) ?? null)]),
  };
}

function wholeTable(frame: DataFrame): FrameTable {
  return {
    header: frame.fields.map((field) => getFieldDisplayName(field, frame)),
    rows: Array.from({ length: Math.min(frame.length, mostRows) }, (_, row) =>
      frame.fields.map((field) => cell(field, row)),
    ),
  };
}

function cell(field: Field, row: number): string | number | null {
  const value: unknown = field.values[row];
  if (value === null || value === undefined) return null;
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);
}
