/** A minute with a prediction. Instants are epoch seconds as the warehouse gives them. */
interface Predicted {
  minute: number;
  predicted: number;
  lower: number;
  upper: number;
}

interface Measured {
  minute: number;
  requests: number | null;
  replicas: number | null;
}

/** Columns of equal length; index i is the minute `minutes[i]` (epoch milliseconds). Requests per minute, and pods. */
export interface TrafficColumns {
  minutes: number[];
  actual: (number | null)[];
  predicted: (number | null)[];
  lower: (number | null)[];
  upper: (number | null)[];
  replicas: (number | null)[];
}

/**
 * Lays what came, what was predicted for it and the newest forecast side by side, minute by minute in [from, to). For
 * minutes after the newest forecast's time of issue that forecast counts, whatever its lead.
 */
export function layOut(
  range: { from: number; to: number; stepMs: number },
  measured: readonly Measured[],
  predicted: readonly Predicted[],
  newest: readonly (Predicted & { issued: number })[],
): TrafficColumns {
  const { from, to, stepMs } = range;
  const first = Math.ceil(from / stepMs) * stepMs;
  const length = Math.max(0, Math.ceil((to - first) / stepMs));
  const column = (): (number | null)[] => new Array<number | null>(length).fill(null);
  const columns: TrafficColumns = {
    minutes: Array.from({ length }, (_, index) => first + index * stepMs),
    actual: column(),
    predicted: column(),
    lower: column(),
    upper: column(),
    replicas: column(),
  };
  const indexOf = (seconds: number): number => (seconds * 1000 - first) / stepMs;
  for (const { minute, requests, replicas } of measured) {
    const index = indexOf(minute);
    if (!(index >= 0 && index < length)) continue;
    columns.actual[index] = requests;
    columns.replicas[index] = replicas;
  }
  const issued = newest[0]?.issued ?? Number.POSITIVE_INFINITY;
  for (const row of [...predicted.filter(({ minute }) => minute <= issued), ...newest]) {
    const index = indexOf(row.minute);
    if (!(index >= 0 && index < length)) continue;
    columns.predicted[index] = row.predicted;
    columns.lower[index] = row.lower;
    columns.upper[index] = row.upper;
  }
  return columns;
}
