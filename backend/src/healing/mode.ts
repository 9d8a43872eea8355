import { matchesPattern } from '../changes/index.ts';
import type { Mode } from './guards.ts';

export interface ModeRule {
  /** Pattern of cluster/namespace/name. */
  target: string;
  mode: Mode;
}

const caution: Readonly<Record<Mode, number>> = { observe: 2, approve: 1, auto: 0 };

/** The mode of a workload: the longest pattern that fits wins, of equally long ones the more careful. */
export function modeOf(workload: string, rules: readonly ModeRule[], otherwise: Mode): Mode {
  const length = ({ target }: ModeRule) => target.replaceAll('*', '').length;
  const [first] = rules
    .filter(({ target }) => matchesPattern(target, workload))
    .sort((a, b) => length(b) - length(a) || caution[b.mode] - caution[a.mode]);
  return first?.mode ?? otherwise;
}
