import { Decimal } from 'decimal.js';
import { parseQuantity, type Workload } from '../kubernetes/index.ts';
import type { PriceQuestions } from './ports.ts';

const Exact = Decimal.clone({ precision: 40 });

/** What one replica of a workload takes. */
export interface PodSize {
  /** Cores that it requests, and that it may use. */
  requestCores: number | null;
  usableCores: number | null;
  requestBytes: number | null;
}

export interface ReplicaCost {
  /** Exact decimal, of one replica and hour. */
  perHour: string;
  currency: string;
  formula: string;
}

/** Cores and memory of one pod of a workload, by the requests and limits of its containers. */
export function podSize(workload: Pick<Workload, 'template'>): PodSize {
  const containers = workload.template?.spec.containers ?? [];
  const sum = (of: (container: (typeof containers)[number]) => string | undefined): number | null => {
    const known = containers.map((container) => parseQuantity(of(container))).filter((value) => value !== undefined);
    return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
  };
  const requestCores = sum(({ resources }) => resources?.requests?.cpu ?? resources?.limits?.cpu);
  return {
    requestCores,
    usableCores: sum(({ resources }) => resources?.limits?.cpu ?? resources?.requests?.cpu),
    requestBytes: sum(({ resources }) => resources?.requests?.memory ?? resources?.limits?.memory),
  };
}

/** What an hour of one replica costs by the price book; a sentence where a price or a request is missing. */
export function replicaCost(
  book: PriceQuestions,
  { requestCores, requestBytes }: PodSize,
  place: { cluster: string; region: string; at: Date },
): ReplicaCost | { unpriced: string } {
  if (requestCores === null || requestBytes === null) {
    return { unpriced: 'Its pods request no CPU or no memory, so their share of a node has no price.' };
  }
  const at = place.at.toISOString();
  const cpu = rated(book, 'cpu', place, at, ['CPU-Hours', 'vCPU-Hours', 'Core-Hours']);
  const memory = rated(book, 'memory', place, at, ['GiB-Hours']);
  if ('unpriced' in cpu) return cpu;
  if ('unpriced' in memory) return memory;
  if (cpu.currency !== memory.currency) {
    return {
      unpriced: `CPU is priced in ${cpu.currency} and memory in ${memory.currency}; price both in one currency.`,
    };
  }
  const cores = new Exact(requestCores).toDecimalPlaces(6);
  const gib = new Exact(requestBytes).div(2 ** 30).toDecimalPlaces(6);
  return {
    perHour: cores.times(cpu.unitPrice).plus(gib.times(memory.unitPrice)).toDecimalPlaces(12).toFixed(),
    currency: cpu.currency,
    formula: `${cores.toFixed()} cores × ${cpu.unitPrice} + ${gib.toFixed()} GiB × ${memory.unitPrice} ${cpu.currency}`,
  };
}

function rated(
  book: PriceQuestions,
  kind: 'cpu' | 'memory',
  { cluster, region }: { cluster: string; region: string },
  at: string,
  units: readonly string[],
): { unitPrice: string; currency: string } | { unpriced: string } {
  let why = '';
  // The cluster's own price comes before that of any core.
  for (const item of [cluster, kind === 'cpu' ? 'core' : 'memory', kind])
    for (const unit of units) {
      const rate = book.rate({ kind, item, region, at, unit });
      if (!('unpriced' in rate)) return rate;
      why = rate.unpriced;
    }
  return { unpriced: why };
}

/** Exact cost of replica-hours, rounded to the currency's hundredths. */
export function costOf(replicaHours: number, perHour: string): string {
  return new Exact(perHour).times(replicaHours.toFixed(6)).toDecimalPlaces(2).toFixed(2);
}
