import type { ScalingSettings } from './contract.ts';
import {
  arrivingLoad,
  eventLoad,
  forecastLoad,
  type ExpectedEvent,
  type IssuedForecast,
  type ObservedLoad,
} from './demand.ts';
import type { PodCapacity } from './pod-capacity.ts';
import { windowMinimum } from './replica-window.ts';

/** Everything that a decision is made from; equal questions give equal answers. */
export interface DecisionQuestion {
  /** Epoch milliseconds. */
  now: number;
  settings: ScalingSettings;
  /** Replicas that the workload's specification asks for. */
  replicas: number;
  observed: ObservedLoad | undefined;
  forecast: IssuedForecast | undefined;
  events: readonly ExpectedEvent[];
  capacity: PodCapacity;
  /** Seconds from the creation of a pod until it is ready, as far as most pods need. */
  startUpSeconds: number;
  /** Seconds between two decisions. */
  everySeconds: number;
  memory: DecisionMemory;
}

/** What one decision tells the next. */
export interface DecisionMemory {
  /** Answers of the last minutes, oldest first: what was needed at `at`. */
  answers: readonly { at: number; replicas: number }[];
  /** Instants of the acts of the last hour that count against the rate. */
  acts: readonly number[];
  /** Load before a running event began, by its name and start. */
  usual: Readonly<Record<string, number>>;
}

export const emptyMemory: DecisionMemory = { answers: [], acts: [], usual: {} };

export type Term =
  | { term: 'observed'; replicas: number; load: number; isFull: boolean }
  | { term: 'forecast'; replicas: number; load: number; at: number; quantile: number; forecaster: string }
  | { term: 'event'; replicas: number; load: number; at: number; name: string; factor: number; basis: string }
  | { term: 'minimum'; replicas: number }
  | { term: 'window'; replicas: number; from: string; to: string; timeZone: string }
  | { term: 'stabilised'; replicas: number; minutes: number }
  | { term: 'tolerance'; replicas: number }
  | { term: 'maximum'; replicas: number }
  | { term: 'step'; replicas: number }
  | { term: 'rate'; replicas: number; actsPerHour: number };

export type Held = 'no-load' | 'stale-load' | 'clock' | 'no-capacity' | 'none';

export interface Decision {
  /** Replicas that the workload is to have now. */
  replicas: number;
  /** Replicas that are needed, before stabilisation and steps. */
  needed: number;
  direction: 'out' | 'in' | 'stay';
  /** What asked for most, and then what bounded it, in that order. */
  deciding: Term;
  terms: readonly Term[];
  /** Why nothing may be done, or `none`. */
  held: Held;
  /** Sentences of the core about its inputs, by name. */
  notices: readonly ('forecast-stale' | 'forecast-missing' | 'capacity-unsure')[];
  /** Seconds ahead that the decision looks. */
  leadSeconds: number;
  /** Requests per minute up to which one pod is used. */
  usablePerPod: number | undefined;
  memory: DecisionMemory;
}

/** Minutes old that a measurement or a forecast may be. */
const staleLoadMs = 150_000;
const staleForecastMs = 240_000;
/** A measurement further in the future than this means that a clock is wrong. */
const aheadMs = 90_000;
/** As much more load than a pod is meant for is borne without an act. */
const tolerance = 0.1;
/** So long an event counts after its start: then what it does stands in the load and the forecast. */
const eventMs = 20 * 60_000;
/** Pods go in any case where less than this share of them is needed. */
const farTooMuch = 0.8;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const mostAnswers = 400;
const mostEvents = 50;

/**
 * How many replicas a workload is to have: the most that the forecast, a known event, the observed load and the minimums ask
 * for, each as far ahead as a pod needs to start. It is lowered only when everything that was asked for within the
 * stabilisation time is lower, and never below what is observed. Pure.
 */
export function decide(question: DecisionQuestion): Decision {
  const { now, settings, replicas, capacity, memory } = question;
  const leadSeconds = question.startUpSeconds + question.everySeconds + settings.earlyMinutes * 60;
  const usablePerPod = usableLoad(capacity, settings);
  const held = heldBy(question, usablePerPod);
  const notices: Decision['notices'][number][] = [];
  const keep: Term = { term: 'minimum', replicas: Math.max(settings.minReplicas, 0) };
  if (held !== 'none' || usablePerPod === undefined) {
    const memoryNow = { ...memory, acts: memory.acts.filter((at) => now - at < hourMs) };
    return {
      ...{ replicas, needed: replicas, direction: 'stay', deciding: keep, terms: [], held, notices, leadSeconds },
      usablePerPod,
      memory: memoryNow,
    };
  }
  const { terms, usual } = demandTerms(question, usablePerPod, leadSeconds, notices);
  if (capacity.low !== undefined && capacity.perPod !== undefined && capacity.low < 0.6 * capacity.perPod) {
    notices.push('capacity-unsure');
  }
  const asked = terms.reduce((most, term) => (term.replicas > most.replicas ? term : most));
  const needed = Math.min(asked.replicas, settings.maxReplicas);
  const answers = [...memory.answers, { at: now, replicas: needed }].filter(
    ({ at }) => at <= now && now - at <= settings.stabilisationMinutes * minuteMs,
  );
  const acts = memory.acts.filter((at) => at <= now && now - at < hourMs);
  const limited = limit({ ...question, memory: { ...memory, acts } }, asked, needed, answers, terms, usablePerPod);
  return {
    replicas: limited.replicas,
    needed,
    direction: limited.replicas > replicas ? 'out' : limited.replicas < replicas ? 'in' : 'stay',
    deciding: limited.deciding,
    terms: limited.terms,
    held,
    notices,
    leadSeconds,
    usablePerPod,
    memory: { answers: answers.slice(-mostAnswers), acts, usual },
  };
}

/** The memory after the decision was carried out. What follows the observed load is not counted: it has to be. */
export function afterAct(decision: Decision, at: number): DecisionMemory {
  const { memory, direction, terms } = decision;
  const asked = terms.reduce((most, term) => (term.replicas > most.replicas ? term : most));
  const isForced = direction === 'out' && (asked.term === 'observed' || asked.term === 'event');
  return isForced ? memory : { ...memory, acts: [...memory.acts, at].slice(-1_000) };
}

/** Requests per minute to which a pod is used: a share of what it can serve, and never what makes it too slow. */
function usableLoad(capacity: PodCapacity, settings: ScalingSettings): number | undefined {
  if (capacity.perPod === undefined) return undefined;
  const share = capacity.perPod * settings.targetShare;
  // Where the curve has not been seen to bend, its word on the latency limit is worth little beyond what CPU says.
  return capacity.withinLatency === undefined ? share : Math.min(share, capacity.withinLatency);
}

function heldBy({ now, observed, memory }: DecisionQuestion, usable: number | undefined): Held {
  if (!observed) return 'no-load';
  if (observed.at > now + aheadMs) return 'clock';
  // Who asks for a wrong moment gets what was measured then, which looks as fresh as it should.
  if (Math.abs(observed.serverAheadMs ?? 0) > aheadMs) return 'clock';
  if (now - observed.at > staleLoadMs) return 'stale-load';
  if ((memory.answers.at(-1)?.at ?? 0) > now + aheadMs) return 'clock';
  if (usable === undefined || !(usable > 0)) return 'no-capacity';
  return 'none';
}

function demandTerms(
  { now, settings, observed, forecast, events, capacity, memory }: DecisionQuestion,
  usablePerPod: number,
  leadSeconds: number,
  notices: string[],
): { terms: Term[]; usual: Record<string, number> } {
  const pods = (load: number): number => Math.max(0, Math.ceil(load / usablePerPod - 1e-6));
  const limitSeconds = settings.latencyLimitMs === null ? null : settings.latencyLimitMs / 1000;
  const arriving = arrivingLoad(observed!, capacity, limitSeconds);
  const terms: Term[] = [
    { term: 'observed', replicas: pods(arriving.load), load: arriving.load, isFull: arriving.isFull },
  ];
  const range = { from: now, until: now + leadSeconds * 1000 };
  if (!forecast) notices.push('forecast-missing');
  else if (now - forecast.issuedAt > staleForecastMs || forecast.issuedAt > now + aheadMs) {
    notices.push('forecast-stale');
  } else {
    const ahead = forecastLoad(forecast, range, settings.quantile);
    if (ahead) {
      const { load, at } = ahead;
      const { forecaster } = forecast;
      terms.push({ term: 'forecast', replicas: pods(load), load, at, quantile: settings.quantile, forecaster });
    }
  }
  const usual: Record<string, number> = {};
  const running = events.filter((event) => counts(event, now)).slice(0, mostEvents);
  for (const event of running) {
    const name = `${event.name}@${event.start}`;
    usual[name] = usualLoad(event, now, observed!.requestsPerMinute, memory.usual[name]);
  }
  const event = eventLoad(running, range, (each) => usual[`${each.name}@${each.start}`]!);
  if (event) {
    const { load, at, factor } = event;
    const { name, basis } = event.event;
    terms.push({ term: 'event', replicas: pods(load), load, at, name, factor, basis });
  }
  terms.push({ term: 'minimum', replicas: settings.minReplicas });
  const window = windowMinimum(settings.windows, now, Math.ceil(leadSeconds / 60));
  if (window) {
    const { from, to, timeZone } = window.window;
    terms.push({ term: 'window', replicas: window.replicas, from, to, timeZone });
  }
  return { terms, usual };
}

function counts(event: ExpectedEvent, now: number): boolean {
  return event.start <= now + hourMs && Math.min(event.end, event.start + eventMs) > now;
}

/** What comes without the event: followed smoothly until it begins, and then kept, since the event itself is in the load. */
function usualLoad(event: ExpectedEvent, now: number, load: number, before: number | undefined): number {
  if (event.start <= now) return before ?? load / Math.max(event.factors[0] ?? 1, 1);
  return before === undefined ? load : 0.9 * before + 0.1 * load;
}

/** Bounds, stabilisation, steps and rates, in this order; each that binds adds its term and becomes the deciding one. */
function limit(
  { settings, replicas, memory }: DecisionQuestion,
  asked: Term,
  needed: number,
  answers: readonly { at: number; replicas: number }[],
  demanded: readonly Term[],
  usablePerPod: number,
): { replicas: number; deciding: Term; terms: Term[] } {
  const terms = [...demanded];
  let deciding = asked;
  const bind = (term: Term): number => {
    terms.push(term);
    deciding = term;
    return term.replicas;
  };
  let wanted = needed;
  // Within the tolerance nothing is done, so that noise makes no acts; what people asked for is not weighed.
  const isMeasured = asked.term === 'observed' || asked.term === 'forecast';
  if (isMeasured && wanted > replicas && asked.load <= replicas * usablePerPod * (1 + tolerance)) {
    wanted = bind({ term: 'tolerance', replicas });
  }
  if (asked.replicas > settings.maxReplicas) wanted = bind({ term: 'maximum', replicas: settings.maxReplicas });
  if (wanted < replicas) {
    const recent = Math.min(replicas, Math.max(...answers.map((answer) => answer.replicas)));
    if (recent > wanted) {
      wanted = bind({ term: 'stabilised', replicas: recent, minutes: settings.stabilisationMinutes });
    }
    const lowest = replicas - Math.max(1, Math.floor(replicas * settings.stepDownShare));
    if (wanted < lowest) wanted = bind({ term: 'step', replicas: lowest });
  } else if (wanted > replicas) {
    const highest = replicas + Math.max(settings.stepUpReplicas, Math.floor(replicas * settings.stepUpShare));
    if (wanted > highest) wanted = bind({ term: 'step', replicas: highest });
  }
  // Too many acts are a sign of a mistake: then only what is observed may still add pods. A full workload always may, and
  // what is far too much always goes: that is no back and forth.
  const observed = demanded.find((term) => term.term === 'observed')!;
  const isPlain = !observed.isFull && wanted >= farTooMuch * replicas;
  if (wanted !== replicas && memory.acts.length >= settings.actsPerHour && isPlain) {
    const allowed = Math.max(replicas, Math.min(wanted, observed.replicas));
    if (allowed !== wanted) wanted = bind({ term: 'rate', replicas: allowed, actsPerHour: settings.actsPerHour });
  }
  return { replicas: wanted, deciding, terms };
}
