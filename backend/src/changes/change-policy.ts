import type { ChangeMode } from './change.ts';

export interface TargetRule {
  /** Kind and target, `*` standing for any text, e.g. `scaling:shop/*`. */
  target: string;
  mode: ChangeMode;
  approvals: number;
}

export interface ChangePolicy {
  mode: ChangeMode;
  /** People who must say yes: 0 for `auto` and `observe`, 1 or 2 for `approve`. */
  approvals: number;
}

const caution: Readonly<Record<ChangeMode, number>> = { observe: 2, approve: 1, auto: 0 };

/**
 * The mode of a Change from the rules of the configuration: the longest pattern that matches `kind:target` wins; of equally
 * long ones the more careful. Without a match the default applies, with one approval. A room that keeps modes of its own
 * (per workload, say) asks for one: it takes the place of the default, and a rule that matches can only make it more careful.
 */
export function policyFor(
  kind: string,
  target: string,
  rules: readonly TargetRule[],
  defaultMode: ChangeMode,
  asked?: ChangeMode | null,
): ChangePolicy {
  const name = `${kind}:${target}`;
  const matching = rules.filter((rule) => matchesPattern(rule.target, name));
  const [first] = matching.sort(
    (a, b) =>
      literalLength(b.target) - literalLength(a.target) ||
      caution[b.mode] - caution[a.mode] ||
      b.approvals - a.approvals,
  );
  const mode = asked == null ? (first?.mode ?? defaultMode) : moreCareful(asked, first?.mode ?? asked);
  if (mode !== 'approve') return { mode, approvals: 0 };
  return { mode, approvals: Math.min(2, Math.max(1, first?.approvals ?? 1)) };
}

function moreCareful(a: ChangeMode, b: ChangeMode): ChangeMode {
  return caution[a] >= caution[b] ? a : b;
}

function literalLength(pattern: string): number {
  return pattern.replaceAll('*', '').length;
}

/** Whether the whole text fits the pattern; linear in both for one star, and never worse than their product. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let i = 0;
  while (i < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.length && pattern[at] === text[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
