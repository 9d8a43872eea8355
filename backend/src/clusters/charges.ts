import { createHash } from 'node:crypto';
import type { CostCharge } from '../anycost/index.ts';
import { hoursOf, onlyTypes, resolvedType } from './accounting.ts';
import { Exact, type CapacityDay } from './capacity.ts';
import { isoDay, type ClusterRates, type HourRate } from './rates.ts';
import type { JobDayRow } from './usage-repository.ts';

const gib = 1024 ** 3;

/** The name under which a cluster's charges stand among the sources. */
export function chargeSource(cluster: string): string {
  const name = `cluster-${cluster}`;
  const plain = name.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 64);
  if (plain === name) return name;
  return `${plain.slice(0, 55)}-${createHash('sha256').update(cluster).digest('hex').slice(0, 8)}`;
}

interface Terms {
  what: 'gpu' | 'cpu' | 'memory';
  quantity: Exact;
  rate: HourRate;
  unit: 'GPU-Hours' | 'CPU-Hours' | 'GiB-Hours';
  description: string;
}

/**
 * Charges of one cluster and day: GPU-hours of each job and pod at the rate of the day, CPUs and memory where they have
 * rates, and what nobody held as idle. GPU-hours of jobs and idle add up to those of the capacity, digit by digit. What
 * has no rate is no charge; `unbilled` says so.
 */
export function* dayCharges(
  day: number,
  jobs: readonly JobDayRow[],
  capacity: readonly CapacityDay[],
  rates: ClusterRates,
  unbilled: Set<string>,
): Generator<CostCharge> {
  const only = onlyTypes(capacity);
  const held = new Map<string, Exact>();
  const [cpu, memory] = [{ held: new Exact(0) }, { held: new Exact(0) }];
  for (const job of jobs) {
    const gpuType = resolvedType(job, only);
    const gpuHours = hoursOf(job.gpuSeconds);
    held.set(gpuType, (held.get(gpuType) ?? new Exact(0)).plus(gpuHours));
    cpu.held = cpu.held.plus(hoursOf(job.cpuSeconds));
    memory.held = memory.held.plus(memoryHours(job.memoryByteSeconds));
    const of = (terms: Omit<Terms, 'rate'>, rate: HourRate | string) =>
      chargeOf(job, day, gpuType, terms, rate, unbilled);
    if (gpuHours.gt(0))
      yield* of(
        { what: 'gpu', quantity: gpuHours, unit: 'GPU-Hours', description: `${gpuType || 'GPU'} allocated` },
        rates.gpu(job, gpuType, day),
      );
    yield* of(
      { what: 'cpu', quantity: hoursOf(job.cpuSeconds), unit: 'CPU-Hours', description: 'CPU allocated' },
      rates.cpu(job, day),
    );
    yield* of(
      {
        what: 'memory',
        quantity: memoryHours(job.memoryByteSeconds),
        unit: 'GiB-Hours',
        description: 'Memory allocated',
      },
      rates.memory(job, day),
    );
  }
  yield* idleCharges(day, capacity, { gpu: held, cpu: cpu.held, memory: memory.held }, rates, unbilled);
}

function memoryHours(byteSeconds: string | Exact): Exact {
  return new Exact(byteSeconds).div(gib).div(3600).toDecimalPlaces(18);
}

function* idleCharges(
  day: number,
  capacity: readonly CapacityDay[],
  held: { gpu: ReadonlyMap<string, Exact>; cpu: Exact; memory: Exact },
  rates: ClusterRates,
  unbilled: Set<string>,
): Generator<CostCharge> {
  const first = capacity[0];
  if (first === undefined) return;
  const place = { ...idle, cluster: first.cluster, region: first.region, scheduler: first.scheduler };
  const of = (gpuType: string, terms: Omit<Terms, 'rate'>, rate: HourRate | string) =>
    chargeOf(place, day, gpuType, terms, rate, unbilled);
  const types = new Set(capacity.filter(({ gpuSeconds }) => gpuSeconds.gt(0)).map(({ gpuType }) => gpuType));
  for (const gpuType of [...types].sort()) {
    const own = capacity.filter((one) => one.gpuType === gpuType);
    const rest = hoursOf(sum(own.map(({ gpuSeconds }) => gpuSeconds))).minus(held.gpu.get(gpuType) ?? 0);
    if (rest.lt(0))
      unbilled.add(`Jobs held more ${gpuType || 'GPU'} hours than the cluster has on some days: correct its nodes.`);
    if (rest.gt(0))
      yield* of(
        gpuType,
        { what: 'gpu', quantity: rest, unit: 'GPU-Hours', description: `${gpuType || 'GPU'} idle` },
        rates.gpu(place, gpuType, day),
      );
  }
  const cpus = hoursOf(sum(capacity.map(({ cpuSeconds }) => cpuSeconds))).minus(held.cpu);
  const memory = memoryHours(sum(capacity.map(({ memoryByteSeconds }) => memoryByteSeconds))).minus(held.memory);
  yield* of('', { what: 'cpu', quantity: cpus, unit: 'CPU-Hours', description: 'CPU idle' }, rates.cpu(place, day));
  yield* of(
    '',
    { what: 'memory', quantity: memory, unit: 'GiB-Hours', description: 'Memory idle' },
    rates.memory(place, day),
  );
}

const sum = (all: readonly Exact[]): Exact => all.reduce((one, other) => one.plus(other), new Exact(0));

type Whose = Pick<
  JobDayRow,
  | 'cluster'
  | 'region'
  | 'scheduler'
  | 'jobId'
  | 'jobName'
  | 'user'
  | 'account'
  | 'team'
  | 'product'
  | 'environment'
  | 'tags'
>;
const idle = {
  ...{ jobId: '', jobName: 'idle', user: '', account: '', team: '', product: '', environment: '' },
  tags: {} as Record<string, string>,
};

function* chargeOf(
  whose: Whose,
  day: number,
  gpuType: string,
  terms: Omit<Terms, 'rate'>,
  rate: HourRate | string,
  unbilled: Set<string>,
): Generator<CostCharge> {
  if (terms.quantity.lte(0)) return;
  if (typeof rate !== 'string') yield charge(whose, day, gpuType, { ...terms, rate });
  // CPUs and memory are billed only where somebody has priced them.
  else if (terms.what === 'gpu') unbilled.add(`GPU-hours have no amount: ${rate}.`);
}

function charge(
  whose: Whose,
  day: number,
  gpuType: string,
  { what, quantity, rate, unit, description }: Terms,
): CostCharge {
  const amount = quantity.times(rate.unitPrice).toDecimalPlaces(30).toFixed();
  const isIdle = whose.jobId === '';
  const slurm = whose.scheduler === 'slurm';
  const month = isoDay(day).slice(0, 7);
  const price = rate.unitPrice.toFixed();
  const columns: Record<string, string> = {
    ...{ BilledCost: amount, EffectiveCost: amount, ListCost: amount, ContractedCost: amount },
    ...{
      ListUnitPrice: price,
      ContractedUnitPrice: price,
      BillingCurrency: rate.currency,
      PricingCurrency: rate.currency,
    },
    ...{ PricingQuantity: quantity.toFixed(), PricingUnit: unit, PricingCategory: 'Standard' },
    ...{ ConsumedQuantity: quantity.toFixed(), ConsumedUnit: unit },
    BillingPeriodStart: `${month}-01T00:00:00Z`,
    BillingPeriodEnd: nextMonth(month),
    ChargePeriodStart: isoDay(day),
    ChargePeriodEnd: isoDay(day + 1),
    ...{ ChargeCategory: 'Usage', ChargeFrequency: 'Usage-Based', ChargeDescription: description },
    ServiceProviderName: slurm ? 'Slurm' : 'Kubernetes',
    ...{ HostProviderName: whose.cluster, InvoiceIssuerName: whose.cluster },
    ...{ BillingAccountId: whose.cluster, BillingAccountName: whose.cluster },
    ...(whose.account === '' ? {} : { SubAccountId: whose.account, SubAccountName: whose.account }),
    ...{ ServiceCategory: 'Compute', ServiceName: `Cluster ${whose.cluster}` },
    ...(what === 'gpu' ? { SkuId: gpuType, x_GpuHours: quantity.toFixed() } : { SkuId: what }),
    ...{ SkuPriceId: rate.priceId, x_PriceId: rate.priceId, x_PriceFormula: rate.formula, x_CostBasis: 'allocated' },
    ResourceId: isIdle ? `${whose.cluster}/idle` : `${whose.cluster}/${whose.jobId}`,
    ResourceName: whose.jobName,
    ResourceType: isIdle ? 'Idle' : slurm ? 'Job' : 'Pod',
    ...present({
      x_JobId: whose.jobId,
      x_Workload: isIdle ? '' : whose.jobName,
      x_Namespace: slurm ? '' : whose.account,
    }),
    ...present({ x_Team: whose.team, x_Product: whose.product, x_Environment: whose.environment }),
  };
  const tags = {
    ...whose.tags,
    ...present({ team: whose.team, product: whose.product, environment: whose.environment, user: whose.user }),
    ...(isIdle ? { idle: 'true' } : {}),
  };
  return { columns, tags };
}

function present(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}

function nextMonth(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().replace('.000Z', 'Z');
}
