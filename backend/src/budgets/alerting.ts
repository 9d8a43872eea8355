import type { PassedThreshold } from './assessment.ts';

/** What is kept of a threshold that was passed in a window. */
export interface AlertRow {
  id: string;
  threshold: string;
  windowFrom: string;
  firing: boolean;
  firedAt: Date;
  told: boolean;
}

export type AlertStep =
  /** `quietly`: nobody is told, because a higher threshold of the same kind was passed in the same moment. */
  | { kind: 'fire'; threshold: PassedThreshold; quietly: boolean }
  | { kind: 'resolve'; alert: AlertRow; why: 'dropped' | 'ended' | 'removed' };

/**
 * What happens to the alerts of a budget: a threshold fires once per window, resolves when the value drops under it, when the
 * window ends or when it is taken out of the budget, and fires again in the same window only after the cooldown.
 * @param windowFrom names the window; the same for good where the window rolls
 */
export function alertSteps(
  thresholds: readonly PassedThreshold[],
  alerts: readonly AlertRow[],
  windowFrom: string,
  now: Date,
  cooldownMinutes: number,
): AlertStep[] {
  const resolved = alerts.flatMap((alert): AlertStep[] => {
    if (!alert.firing) return [];
    if (alert.windowFrom !== windowFrom) return [{ kind: 'resolve', alert, why: 'ended' }];
    const threshold = thresholds.find(({ key }) => key === alert.threshold);
    if (threshold === undefined) return [{ kind: 'resolve', alert, why: 'removed' }];
    return threshold.passed ? [] : [{ kind: 'resolve', alert, why: 'dropped' }];
  });
  const fired = thresholds.filter(({ key, passed }) => {
    const last = alerts.find((alert) => alert.threshold === key && alert.windowFrom === windowFrom);
    if (!passed || last?.firing) return false;
    return last === undefined || now.getTime() - last.firedAt.getTime() >= cooldownMinutes * 60_000;
  });
  const isTopped = ({ threshold, limit }: PassedThreshold) =>
    fired.some((other) => other.threshold.on === threshold.on && other.limit.gt(limit));
  return [
    ...resolved,
    ...fired.map((threshold): AlertStep => ({ kind: 'fire', threshold, quietly: isTopped(threshold) })),
  ];
}
