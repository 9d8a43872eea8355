import { resolve } from 'node:path';
import { Decimal } from 'decimal.js';
import type { Network } from '../src/forecasting/conclude-steps.ts';
import { effectLead, learnEffect } from '../src/forecasting/event-learning.ts';
import { openShippedNetwork } from '../src/forecasting/index.ts';
import { expectedRatio, type KnownEvent } from '../src/forecasting/known-event.ts';
import type { ScalingSettings } from '../src/scaling/contract.ts';
import type { ExpectedEvent } from '../src/scaling/demand.ts';
import { defaultSettings } from '../src/scaling/scaling-settings.ts';
import { closedLoop, type LoopResult } from './fixtures/closed-loop.ts';
import { ProductPolicy } from './fixtures/product-policy.ts';
import type { ServiceModel } from './fixtures/queueing-cluster.ts';
import {
  FixedPeak,
  HoltWintersAutoscaler,
  HorizontalPodAutoscaler,
  Oracle,
  type Policy,
} from './fixtures/reference-policies.ts';
import { seededRandom } from '../src/forecasting/lstm/random.ts';
import { dayMinutes, scenarios, type Scenario } from './fixtures/scaling-scenarios.ts';
import { atMost, option, report, say, type Figure } from './report.ts';

export const description =
  'the closed loop of forecasts and pods against HPA, Holt-Winters, a fixed peak and an oracle [--data DIR] [--seed N] [--only NAME]';

const latencyLimitSeconds = 0.25;
const warmUpMinutes = 360;
/** As much as the service replays after a start. */
const learnedMinutes = 4320;
/** A core and a GiB per pod at the rates of the built-in price list. */
const podHour = new Decimal('0.031611').plus('0.004237');

/** 80 ms per request that meets no other; pods are ready after 40 to 80 seconds. */
function serviceModel(seed: number, perPod: number): ServiceModel {
  const random = seededRandom(seed);
  const starts: number[] = [];
  return {
    capacityPerPod: perPod / 60,
    serviceSeconds: 0.08,
    patienceSeconds: 10,
    coresBusy: 1,
    coresIdle: 0.02,
    startUpSeconds: (pod) => {
      while (starts.length <= pod) starts.push(40 + 40 * random());
      return starts[pod]!;
    },
  };
}

export async function run(args: readonly string[]): Promise<void> {
  const data = resolve(option(args, '--data') ?? `${process.env.AMADEUS_DATA ?? '../shared/data'}/traffic`);
  const seed = Number(option(args, '--seed') ?? 42);
  const only = option(args, '--only') ?? '';
  const { network } = await openShippedNetwork();
  const figures: Figure[] = [];
  for (const scenario of scenarios(data, seed)) {
    if (!scenario.name.includes(only)) continue;
    const results = new Map<string, LoopResult>();
    say(scenario.name);
    for (const policy of [...policiesOf(scenario, seed), await product(scenario, network)]) {
      const result = await runPolicy(scenario, policy, seed);
      results.set(policy.name, result);
      say(`  ${line(policy, result)}`);
    }
    figures.push(...figuresOf(scenario, results));
  }
  if (!figures.some(({ name }) => name.includes('world-cup')) && 'world-cup'.includes(only))
    say(`skipped: the World Cup's day, ${data} does not hold worldcup98_requests_per_minute.csv`);
  report('scaling', figures, { seed, latencyLimitMs: latencyLimitSeconds * 1000 });
}

async function runPolicy(scenario: Scenario, policy: Policy, seed: number): Promise<LoopResult> {
  const { minutes, firstMinute, perPod, spike } = scenario;
  const model = serviceModel(seed, perPod);
  const from = (firstMinute + minutes.length - dayMinutes - warmUpMinutes) * 60;
  const arrivals = arrivalsOf(scenario);
  return closedLoop({
    ...{ model, policy, arrivals, from, latencyLimit: latencyLimitSeconds },
    day: from + warmUpMinutes * 60,
    firstReplicas: Math.max(2, Math.ceil(arrivals(from) / (0.8 * model.capacityPerPod))),
    ...(spike ? { spike } : {}),
  });
}

/** Requests in each second: straight lines between the middles of the minutes. */
function arrivalsOf({ minutes, firstMinute }: Scenario): (second: number) => number {
  return (second) => {
    const at = second / 60 - firstMinute - 0.5;
    const index = Math.min(minutes.length - 1, Math.max(0, Math.floor(at)));
    const next = Math.min(minutes.length - 1, index + 1);
    const share = Math.min(1, Math.max(0, at - index));
    return (minutes[index]! * (1 - share) + minutes[next]! * share) / 60;
  };
}

function policiesOf(scenario: Scenario, seed: number): Policy[] {
  const { minutes, perPod } = scenario;
  const model = serviceModel(seed, perPod);
  const before = minutes.slice(0, minutes.length - dayMinutes);
  const today = minutes.slice(-dayMinutes);
  const recommended = Array.from(before, (requests) => Math.max(2, Math.ceil(requests / (0.8 * perPod))));
  const peak = today.reduce((most, value) => Math.max(most, value), 0) / 60;
  return [
    new HorizontalPodAutoscaler(model.coresBusy),
    new HoltWintersAutoscaler(model.coresBusy, recommended.slice(0, -warmUpMinutes), dayMinutes, 2),
    new FixedPeak(peak, model.capacityPerPod),
    new Oracle(arrivalsOf(scenario), model.capacityPerPod, 80),
  ];
}

async function product(scenario: Scenario, network: Network): Promise<ProductPolicy> {
  const settings: ScalingSettings = {
    ...defaultSettings,
    mode: 'auto',
    minReplicas: 2,
    maxReplicas: 400,
    latencyLimitMs: latencyLimitSeconds * 1000,
  };
  const policy = new ProductPolicy(settings, 1, eventsOf(scenario), network);
  const { minutes, firstMinute } = scenario;
  const until = minutes.length - dayMinutes - warmUpMinutes;
  const from = Math.max(0, until - learnedMinutes);
  await policy.learn(firstMinute + from, [...minutes.slice(from, until)]);
  return policy;
}

function eventsOf({ event, firstMinute, minutes }: Scenario): ExpectedEvent[] {
  if (!event) return [];
  const today = firstMinute + minutes.length - dayMinutes;
  const start = (today + event.startMinute) * 60_000;
  const end = (today + event.endMinute) * 60_000;
  if (event.factor !== undefined) return [{ name: event.name, start, end, factors: [event.factor], basis: 'stated' }];
  const learned = expectedFactors(minutes, event);
  return [{ name: event.name, start, end, factors: learned, basis: 'learned' }];
}

/** What the product learns from the earlier ones, minute by minute from the start on. */
function expectedFactors(minutes: Float64Array, event: NonNullable<Scenario['event']>): number[] {
  const today = minutes.length - dayMinutes;
  const length = event.endMinute - event.startMinute;
  const starts = event.earlier.map((day) => day * dayMinutes + event.startMinute);
  const isSpecial = (minute: number): boolean => starts.some((start) => minute >= start && minute < start + length);
  const effects = starts.flatMap((start) => {
    const measured = (minute: number) => (minute >= 0 && minute < today ? minutes[minute] : undefined);
    const ratios = learnEffect(measured, { start, end: start + length }, { season: dayMinutes, isSpecial });
    return ratios ? [{ name: event.name, startsAt: new Date(start * 60_000), lead: effectLead, ratios }] : [];
  });
  const known: KnownEvent = {
    ...{ tenant: 'default', id: 'sale', name: event.name, workload: null, ratio: null, note: '' },
    ...{ origin: 'api', version: 1, createdBy: { id: 'bench', name: 'Bench' } },
    startsAt: new Date((today + event.startMinute) * 60_000),
    endsAt: new Date((today + event.endMinute) * 60_000),
    ...{ knownSince: new Date(0), updatedAt: new Date(0) },
  };
  return Array.from({ length }, (_, minute) => expectedRatio(known, effects, minute, 60_000));
}

const money = (replicaHours: number): string => podHour.times(replicaHours.toFixed(3)).toFixed(2);

function line(policy: Policy, { p50, p95, p99, sloMinutes, replicaHours, spike, mostPods }: LoopResult): string {
  const ms = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ms`;
  const rise = spike ? `, spike p95 ${ms(spike.before)} -> ${ms(spike.within)}` : '';
  const own =
    policy instanceof ProductPolicy
      ? `, ${policy.acts} acts, decided by ${[...policy.deciding].map(([term, n]) => `${term} ${n}`).join(', ')}; a pod is taken to serve ${policy.perPod?.toFixed(0)} a minute`
      : '';
  return `${policy.name.padEnd(13)} p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, ${sloMinutes} SLO minutes, ${replicaHours.toFixed(1)} replica-hours (${money(replicaHours)} USD), at most ${mostPods}${rise}${own}`;
}

function figuresOf({ name, event }: Scenario, results: ReadonlyMap<string, LoopResult>): Figure[] {
  const own = results.get('amadeus')!;
  const hpa = results.get('hpa')!;
  const figures: Figure[] = [];
  for (const [policy, result] of results) {
    for (const [measure, value] of [
      ['p50', result.p50],
      ['p95', result.p95],
      ['p99', result.p99],
    ] as const)
      figures.push(atMost(`${measure}.${policy}.${name}`, value * 1000, 'ms'));
    figures.push(atMost(`slo_minutes.${policy}.${name}`, result.sloMinutes, 'min'));
    figures.push(atMost(`replica_hours.${policy}.${name}`, result.replicaHours, 'h'));
    figures.push({ name: `money.${policy}.${name}`, value: Number(money(result.replicaHours)), unit: 'USD' });
    if (result.spike)
      figures.push(
        atMost(`p95_rise_in_spike.${policy}.${name}`, 100 * (result.spike.within / result.spike.before - 1), '%'),
      );
  }
  // Where the HPA loses no minute either, none can be saved.
  const fewer = { against: 'hpa', againstValue: hpa.sloMinutes };
  figures.push({
    ...atMost(`slo_minutes_against_hpa.${name}`, own.sloMinutes, 'min', undefined, fewer),
    target: hpa.sloMinutes === 0 ? '<= 0' : `< ${hpa.sloMinutes}`,
    holds: hpa.sloMinutes === 0 ? own.sloMinutes === 0 : own.sloMinutes < hpa.sloMinutes,
  });
  const share = own.replicaHours / hpa.replicaHours;
  figures.push({
    name: `replica_hours_over_hpa.${name}`,
    value: Math.round(share * 1000) / 1000,
    unit: '1',
    target: '<= 1.1',
    holds: share <= 1.1,
    against: 'hpa',
    againstValue: 1,
  });
  if (event && own.spike) {
    const rise = 100 * (own.spike.within / own.spike.before - 1);
    const against = { against: 'hpa', againstValue: 100 * (hpa.spike!.within / hpa.spike!.before - 1) };
    figures.push({
      ...atMost(`p95_rise_where_known.${name}`, rise, '%', undefined, against),
      target: '< 10',
      holds: rise < 10,
    });
  }
  return figures;
}
