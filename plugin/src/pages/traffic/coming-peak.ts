import type { TrafficAhead } from '../../service/contract';

export interface Peak {
  at: string;
  predicted: number;
  lower: number;
  upper: number;
}

/** The largest predicted minute of those ahead; undefined where nothing is predicted. */
export function comingPeak(ahead: TrafficAhead | null | undefined): Peak | undefined {
  let peak: Peak | undefined;
  for (const [index, at] of (ahead?.minutes ?? []).entries()) {
    const predicted = ahead!.predicted[index];
    if (predicted === undefined || (peak && predicted <= peak.predicted)) continue;
    peak = { at, predicted, lower: ahead!.lower[index] ?? predicted, upper: ahead!.upper[index] ?? predicted };
  }
  return peak;
}

/** Change in percent from the present load; undefined where there is none to compare with. */
export function loadChange(now: number | null | undefined, coming: number): number | undefined {
  return typeof now === 'number' && now > 0 ? ((coming - now) / now) * 100 : undefined;
}
