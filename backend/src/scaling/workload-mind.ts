import type { Pod, Workload } from '../kubernetes/index.ts';
import type { ScalingSettings } from './contract.ts';
import type { ExpectedEvent, IssuedForecast } from './demand.ts';
import type { LiveLoad } from './load-source.ts';
import { PodCapacityFit } from './pod-capacity.ts';
import { startSeconds } from './pod-starts.ts';
import { podSize } from './replica-cost.ts';
import { afterAct, decide, emptyMemory, type Decision, type DecisionMemory } from './scaling-decision.ts';
import { followed, readyOf, type Shadow } from './shadow.ts';
import { StartUpTime } from './start-up-time.ts';
import type { Learned } from './workload-state.ts';

const minuteMs = 60_000;
const mostSeenPods = 400;
/** Share of the pods that are to be ready within the time that is reckoned with. */
const startShare = 0.9;

/** What is asked of a mind at one turn. */
export interface MindQuestion {
  now: number;
  workload: Workload;
  settings: ScalingSettings;
  load: LiveLoad | undefined;
  forecast: IssuedForecast | undefined;
  events: readonly ExpectedEvent[];
  everySeconds: number;
  /** Whether decisions are followed: then the workload itself is decided on, else its shadow. */
  follows: boolean;
}

/** All that is known of one workload between two turns. It does no I/O, and goes on from what was kept of it. */
export class WorkloadMind {
  readonly #capacity: PodCapacityFit;
  readonly #starts: StartUpTime;
  readonly #seenPods: string[];
  #shadow: Shadow | null;
  #memory: DecisionMemory;
  #ready: { pods: number; since: number } | undefined;
  #seenReplicas: number | undefined;
  #ordered: number | undefined;
  #learnedMinute = 0;
  #keptMinute = 0;

  /** `acts`: those of the last hour that count against the rate. */
  constructor(learned: Learned | undefined, acts: readonly number[]) {
    this.#capacity = new PodCapacityFit(learned?.capacity);
    this.#starts = new StartUpTime(learned?.starts);
    this.#seenPods = [...(learned?.seenPods ?? [])];
    this.#shadow = learned?.shadow ?? null;
    this.#memory = { ...emptyMemory, acts, usual: learned?.usual ?? {} };
  }

  get learned(): Learned {
    return {
      capacity: this.#capacity.state,
      starts: this.#starts.seconds,
      shadow: this.#shadow,
      usual: this.#memory.usual,
      seenPods: this.#seenPods,
    };
  }

  get startUpSeconds(): number {
    return this.#starts.quantile(startShare);
  }

  /** Learns how long a pod took to be ready; each counts once. */
  sawPod(pod: Pod): void {
    const { uid } = pod.metadata;
    if (uid === undefined || this.#seenPods.includes(uid)) return;
    const seconds = startSeconds(pod);
    if (seconds === undefined) return;
    this.#starts.observe(seconds);
    this.#seenPods.push(uid);
    if (this.#seenPods.length > mostSeenPods) this.#seenPods.shift();
  }

  /** Learns from the load, once a minute, and decides. */
  think(question: MindQuestion): {
    decision: Decision;
    capacity: ReturnType<PodCapacityFit['capacity']>;
    shadow: Shadow;
  } {
    const { now, workload, settings, load, follows } = question;
    const { usableCores } = podSize(workload);
    const limits = {
      coresPerPod: usableCores,
      latencyLimitSeconds: settings.latencyLimitMs === null ? null : settings.latencyLimitMs / 1000,
    };
    this.#learn(load, workload.readyReplicas, limits);
    const stated = settings.requestsPerPod === null ? {} : { statedPerPod: settings.requestsPerPod };
    const capacity = this.#capacity.capacity({ ...limits, ...stated });
    const before = follows
      ? { replicas: workload.replicas, starting: [] }
      : (this.#shadow ?? { replicas: workload.replicas, starting: [] });
    // After a start nothing is known of the last minutes: what runs now is taken to have been needed.
    if (this.#memory.answers.length === 0) {
      this.#memory = { ...this.#memory, answers: [{ at: now, replicas: before.replicas }] };
    }
    const decision = decide({
      now,
      settings,
      replicas: before.replicas,
      observed: load && {
        at: load.at,
        requestsPerMinute: load.requestsPerMinute,
        readyReplicas: workload.readyReplicas,
        latencySeconds: load.latencySeconds,
        latencyBefore: load.latencyBefore,
        ...(load.serverAheadMs === undefined ? {} : { serverAheadMs: load.serverAheadMs }),
      },
      forecast: question.forecast,
      events: question.events,
      capacity,
      startUpSeconds: this.startUpSeconds,
      everySeconds: question.everySeconds,
      memory: this.#memory,
    });
    this.#memory = decision.memory;
    this.#shadow = follows ? before : followed(before, decision.replicas, now, this.startUpSeconds);
    if (!follows && decision.direction !== 'stay') this.#memory = afterAct(decision, now);
    return { decision, capacity, shadow: this.#shadow };
  }

  /** What is needed at least, as far back as it is stabilised: the minimum that an autoscaler is given. */
  floor(settings: ScalingSettings): number {
    const answers = this.#memory.answers.map(({ replicas }) => replicas);
    return Math.min(settings.maxReplicas, Math.max(settings.minReplicas, ...answers));
  }

  /** To be called where the decision became an act. Returns whether it counts against the rate. */
  acted(decision: Decision, to: number, now: number): boolean {
    this.#ordered = to;
    const { acts } = this.#memory;
    this.#memory = afterAct({ ...decision, memory: this.#memory }, now);
    return this.#memory.acts !== acts;
  }

  /** Whether somebody else has written the replicas since the last turn: they are neither what was nor what was ordered. */
  isForeign(replicas: number): boolean {
    const before = this.#seenReplicas;
    this.#seenReplicas = replicas;
    return before !== undefined && replicas !== before && replicas !== this.#ordered;
  }

  /** True once in each minute: what was decided is kept then even where nothing changed. */
  isNewMinute(now: number): boolean {
    const minute = Math.floor(now / minuteMs);
    if (minute === this.#keptMinute) return false;
    this.#keptMinute = minute;
    return true;
  }

  wantedReady(now: number): number {
    return this.#shadow ? readyOf(this.#shadow, now) : 0;
  }

  #learn(
    load: LiveLoad | undefined,
    readyPods: number,
    limits: { coresPerPod: number | null; latencyLimitSeconds: number | null },
  ): void {
    if (!load) return;
    if (this.#ready?.pods !== readyPods) this.#ready = { pods: readyPods, since: load.at };
    const minute = Math.floor(load.at / minuteMs);
    // Rates are means of a minute: they belong to pods that were ready for all of it.
    if (minute <= this.#learnedMinute || load.at - this.#ready.since < minuteMs) return;
    this.#learnedMinute = minute;
    const { cpuCores, latencySeconds } = load;
    const requests = load.servedPerMinute ?? load.requestsPerMinute;
    this.#capacity.observe({ requests, readyPods, cpuCores, latencySeconds }, limits);
  }
}
