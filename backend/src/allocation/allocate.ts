import { exact, splitExactly } from '../platform/amounts/index.ts';
import type { Rule } from './contract.ts';

/** What the bills have of one month for one rule and one owner. */
export interface Cell {
  /** 202611. Shares are told month by month, so that a quarter is the sum of its months. */
  month: number;
  /** Place of the rule that took the lines, counted from 1; 0: none. */
  rule: number;
  /** Empty: the lines name none. */
  owner: string;
  amount: bigint;
  /** Cost by which shares are told, where `amount` is only the part of it that a filter leaves; `amount` where absent. */
  weight?: bigint;
  gpuHours: bigint;
  /** Lines that a filter leaves; a cell without any only weighs. */
  lines: number;
}

/** Tokens of a month by owner. */
export interface TokenCell {
  month: number;
  owner: string;
  tokens: bigint;
}

export interface OwnerRow {
  owner: string;
  direct: bigint;
  shared: Map<string, bigint>;
  total: bigint;
  lines: number;
}

export interface RuleOutcome {
  rule: Rule;
  amount: bigint;
  allocated: bigint;
  lines: number;
  /** Months in which nobody could be found to bear it, with why. */
  failed: Map<number, string>;
}

export interface Allocated {
  bills: bigint;
  rows: OwnerRow[];
  unallocated: bigint;
  /** What names no owner and no rule took. */
  unclaimed: { amount: bigint; lines: number };
  rules: RuleOutcome[];
}

/**
 * Splits shared costs over owners. Every line of the bills is counted once: with its owner, in the parts of the rule that took
 * it, or as unallocated; the sum of all is the bills to the last digit.
 */
export function allocate(cells: readonly Cell[], tokens: readonly TokenCell[], rules: readonly Rule[]): Allocated {
  const rows = new Map<string, OwnerRow>();
  const rowOf = (owner: string): OwnerRow => {
    const known = rows.get(owner) ?? { owner, direct: 0n, shared: new Map(), total: 0n, lines: 0 };
    rows.set(owner, known);
    return known;
  };
  const outcomes: RuleOutcome[] = rules.map((rule) => ({
    rule,
    amount: 0n,
    allocated: 0n,
    lines: 0,
    failed: new Map(),
  }));
  const unclaimed = { amount: 0n, lines: 0 };
  const pots = new Map<string, { month: number; rule: number; amount: bigint }>();
  let bills = 0n;
  for (const cell of cells) {
    if (cell.lines === 0 && cell.amount === 0n) continue;
    bills += cell.amount;
    if (cell.rule > 0) {
      const key = `${cell.month} ${cell.rule}`;
      const pot = pots.get(key) ?? { month: cell.month, rule: cell.rule, amount: 0n };
      pot.amount += cell.amount;
      pots.set(key, pot);
      outcomes[cell.rule - 1]!.lines += cell.lines;
    } else if (cell.owner === '') {
      unclaimed.amount += cell.amount;
      unclaimed.lines += cell.lines;
    } else {
      const row = rowOf(cell.owner);
      row.direct += cell.amount;
      row.lines += cell.lines;
    }
  }
  let failed = 0n;
  for (const pot of [...pots.values()].sort((a, b) => a.month - b.month || a.rule - b.rule)) {
    const outcome = outcomes[pot.rule - 1]!;
    outcome.amount += pot.amount;
    const shares = sharesOf(outcome.rule, pot.month, cells, tokens);
    if ('reason' in shares) {
      outcome.failed.set(pot.month, shares.reason);
      failed += pot.amount;
      continue;
    }
    outcome.allocated += pot.amount;
    splitExactly(pot.amount, shares.weights).forEach((part, place) => {
      const { shared } = rowOf(shares.owners[place]!);
      shared.set(outcome.rule.name, (shared.get(outcome.rule.name) ?? 0n) + part);
    });
  }
  for (const row of rows.values()) row.total = [...row.shared.values()].reduce((sum, part) => sum + part, row.direct);
  const sorted = [...rows.values()].sort((a, b) =>
    a.total === b.total ? (a.owner < b.owner ? -1 : 1) : a.total > b.total ? -1 : 1,
  );
  return { bills, rows: sorted, unallocated: unclaimed.amount + failed, unclaimed, rules: outcomes };
}

type Shares = { owners: string[]; weights: bigint[] } | { reason: string };

/** Who bears a rule's cost of a month, by which weights; owners in the order of their names. */
function sharesOf(rule: Rule, month: number, cells: readonly Cell[], tokens: readonly TokenCell[]): Shares {
  const found = weightsOf(rule, month, cells, tokens);
  const excluded = new Set(rule.exclude ?? []);
  const allowed = rule.owners === undefined ? undefined : new Set(rule.owners);
  const takesPart = ([owner, weight]: [string, bigint]) =>
    owner !== '' && weight > 0n && !excluded.has(owner) && (allowed === undefined || allowed.has(owner));
  const kept = [...found].filter(takesPart).sort(([a], [b]) => (a < b ? -1 : 1));
  if (kept.length === 0) return { reason: reasonOf(rule) };
  return { owners: kept.map(([owner]) => owner), weights: kept.map(([, weight]) => weight) };
}

function weightsOf(
  rule: Rule,
  month: number,
  cells: readonly Cell[],
  tokens: readonly TokenCell[],
): Map<string, bigint> {
  if (rule.method === 'fixed')
    return new Map(Object.entries(rule.weights ?? {}).map(([owner, weight]) => [owner, exact(weight)]));
  if (rule.method === 'even' && rule.owners !== undefined) return new Map(rule.owners.map((owner) => [owner, 1n]));
  const weights = new Map<string, bigint>();
  if (rule.base === 'tokens') {
    for (const cell of tokens)
      if (cell.month === month) weights.set(cell.owner, (weights.get(cell.owner) ?? 0n) + cell.tokens);
    return weights;
  }
  for (const cell of cells) {
    if (cell.month !== month || cell.rule !== 0) continue;
    if (rule.method === 'even') weights.set(cell.owner, 1n);
    else
      weights.set(
        cell.owner,
        (weights.get(cell.owner) ?? 0n) + (rule.base === 'gpuHours' ? cell.gpuHours : (cell.weight ?? cell.amount)),
      );
  }
  return weights;
}

function reasonOf(rule: Rule): string {
  const whose = rule.owners === undefined ? 'Nobody' : 'None of the owners that the rule names';
  if (rule.method === 'fixed') return 'Every owner with a weight is excluded.';
  if (rule.method === 'even') return `${whose} has cost of their own to be found by.`;
  const base = { cost: 'direct cost above 0', tokens: 'tokens of language models', gpuHours: 'GPU-hours' }[
    rule.base ?? 'cost'
  ];
  return `${whose} has ${base} to share by.`;
}
