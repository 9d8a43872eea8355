import type { AccountingRow, Notice } from './contract.ts';
import { Exact, type CapacityDay } from './capacity.ts';
import type { ClusterRates, HourRate } from './rates.ts';
import type { AllocatedRow, SampledRow } from './usage-repository.ts';

const hour = 3_600;
/** Hours as people read them: 18 digits are exact to a billionth of a second. */
export const hoursOf = (seconds: Exact | string): Exact => new Exact(seconds).div(hour).toDecimalPlaces(18);
const sampledHours = (seconds: number): Exact => new Exact(seconds.toFixed(3)).div(hour).toDecimalPlaces(6);

interface Group {
  cluster: string;
  region: string;
  scheduler: string;
  gpuType: string;
  capacity: Map<number, Exact>;
  allocated: Map<number, Exact>;
  sampled: Map<number, SampledRow>;
}

/**
 * Total, allocated, used, idle and held-idle GPU-hours of each cluster and type, in money at the rate of each day. Idle is
 * total less allocated, so that the three close exactly. `whole` is false for callers who see only some teams: what is not
 * theirs is then not told as idle.
 */
export function accountingRows(
  facts: {
    allocated: readonly AllocatedRow[];
    capacity: readonly CapacityDay[];
    sampled: readonly SampledRow[];
    whole: boolean;
  },
  rates: ClusterRates,
): { rows: AccountingRow[]; notices: Notice[] } {
  const groups = groupsOf(facts);
  const notices: Notice[] = [];
  if (!facts.whole)
    notices.push({
      severity: 'info',
      text: 'You see the jobs of your teams; total and idle are the whole cluster’s and not shown.',
    });
  const rows = [...groups.values()]
    .sort((a, b) => (a.cluster + a.gpuType < b.cluster + b.gpuType ? -1 : 1))
    .map((group) => rowOf(group, rates, facts.whole, notices));
  return { rows, notices };
}

function groupsOf(facts: {
  allocated: readonly AllocatedRow[];
  capacity: readonly CapacityDay[];
  sampled: readonly SampledRow[];
}): Map<string, Group> {
  const groups = new Map<string, Group>();
  const only = onlyTypes(facts.capacity);
  const group = (of: { cluster: string; region: string; gpuType: string }, scheduler: string): Group => {
    const gpuType = resolvedType(of, only);
    const key = JSON.stringify([of.region, of.cluster, gpuType]);
    const known = groups.get(key) ?? {
      ...{ cluster: of.cluster, region: of.region, scheduler, gpuType },
      ...{ capacity: new Map(), allocated: new Map(), sampled: new Map() },
    };
    groups.set(key, known);
    return known;
  };
  for (const row of facts.allocated) {
    const { allocated } = group(row, row.scheduler);
    allocated.set(row.day, (allocated.get(row.day) ?? new Exact(0)).plus(row.gpuSeconds));
  }
  for (const row of facts.capacity) {
    if (row.gpuSeconds.isZero()) continue;
    const { capacity } = group(row, row.scheduler);
    capacity.set(row.day, (capacity.get(row.day) ?? new Exact(0)).plus(row.gpuSeconds));
  }
  for (const row of facts.sampled) group(row, '').sampled.set(row.day, row);
  return groups;
}

/** The type of clusters that have only one: jobs whose scheduler names no type held that. */
export function onlyTypes(capacity: readonly CapacityDay[]): Map<string, string> {
  const types = new Map<string, Set<string>>();
  for (const { cluster, region, gpuType, gpuSeconds } of capacity) {
    if (gpuSeconds.isZero()) continue;
    const key = JSON.stringify([region, cluster]);
    types.set(key, (types.get(key) ?? new Set()).add(gpuType));
  }
  return new Map([...types].flatMap(([key, all]) => (all.size === 1 ? [[key, [...all][0]!] as const] : [])));
}

export function resolvedType(
  { cluster, region, gpuType }: { cluster: string; region: string; gpuType: string },
  only: ReadonlyMap<string, string>,
): string {
  return gpuType === '' ? (only.get(JSON.stringify([region, cluster])) ?? '') : gpuType;
}

const sumOf = (all: Iterable<Exact>): Exact => [...all].reduce((sum, one) => sum.plus(one), new Exact(0));
const total = (sampled: Group['sampled'], key: 'sampledSeconds' | 'usedSeconds' | 'idleSeconds'): Exact =>
  sampledHours([...sampled.values()].reduce((sum, row) => sum + row[key], 0));

function rowOf(group: Group, rates: ClusterRates, whole: boolean, notices: Notice[]): AccountingRow {
  const capacityKnown = whole && group.capacity.size > 0;
  const allocated = hoursOf(sumOf(group.allocated.values()));
  const all = capacityKnown ? hoursOf(sumOf(group.capacity.values())) : undefined;
  const name = `${group.cluster}${group.gpuType === '' ? '' : ` (${group.gpuType})`}`;
  if (all !== undefined && allocated.gt(all))
    notices.push({
      severity: 'warning',
      text: `Jobs on ${name} held ${allocated.minus(all).toFixed(2)} GPU-hours more than it has: correct its \`nodes\`, or read them from slurmrestd.`,
    });
  if (whole && group.capacity.size === 0)
    notices.push({
      severity: 'warning',
      text: `The capacity of ${name} is not known, and idle with it: set \`nodes\` of its source, or read slurmrestd or kube-state-metrics.`,
    });
  const sampled = group.sampled.size > 0;
  return {
    ...{ cluster: group.cluster, region: group.region, scheduler: group.scheduler, gpuType: group.gpuType },
    totalGpuHours: all?.toFixed() ?? null,
    allocatedGpuHours: allocated.toFixed(),
    usedGpuHours: sampled ? total(group.sampled, 'usedSeconds').toFixed() : null,
    sampledGpuHours: total(group.sampled, 'sampledSeconds').toFixed(),
    idleGpuHours: all?.minus(allocated).toFixed() ?? null,
    heldIdleGpuHours: total(group.sampled, 'idleSeconds').toFixed(),
    cost: costOf(group, rates, capacityKnown, notices),
  };
}

function costOf(group: Group, rates: ClusterRates, capacityKnown: boolean, notices: Notice[]): AccountingRow['cost'] {
  const sums = { total: new Exact(0), allocated: new Exact(0), used: new Exact(0), heldIdle: new Exact(0) };
  const priceIds = new Set<string>();
  let currency: string | undefined;
  const days = new Set([...group.capacity.keys(), ...group.allocated.keys(), ...group.sampled.keys()]);
  for (const day of days) {
    const rate: HourRate | string = rates.gpu(group, group.gpuType, day);
    if (typeof rate === 'string' || (currency !== undefined && rate.currency !== currency)) {
      notices.push({
        severity: 'warning',
        text:
          typeof rate === 'string'
            ? `GPU-hours on ${group.cluster} have no amount: ${rate}.`
            : `The rate of ${group.gpuType} changes its currency in this span; choose a shorter one.`,
      });
      return null;
    }
    currency = rate.currency;
    priceIds.add(rate.priceId);
    const add = (key: keyof typeof sums, hours: Exact) => (sums[key] = sums[key].plus(hours.times(rate.unitPrice)));
    add('total', hoursOf(group.capacity.get(day) ?? '0'));
    add('allocated', hoursOf(group.allocated.get(day) ?? '0'));
    add('used', sampledHours(group.sampled.get(day)?.usedSeconds ?? 0));
    add('heldIdle', sampledHours(group.sampled.get(day)?.idleSeconds ?? 0));
  }
  if (currency === undefined) return null;
  return {
    currency,
    total: capacityKnown ? sums.total.toFixed() : null,
    allocated: sums.allocated.toFixed(),
    used: group.sampled.size > 0 ? sums.used.toFixed() : null,
    idle: capacityKnown ? sums.total.minus(sums.allocated).toFixed() : null,
    heldIdle: sums.heldIdle.toFixed(),
    priceIds: [...priceIds].sort(),
  };
}
