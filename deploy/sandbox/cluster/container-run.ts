import { second } from '../api/object-store.ts';
import { usual, type Image, type Surroundings } from './image.ts';
import type { ContainerSpec, ContainerStatus } from './kinds.ts';
import { quantity } from './quantity.ts';

export interface RunSurroundings extends Omit<Surroundings, 'env' | 'uptimeSeconds' | 'restarts' | 'memoryLimitBytes'> {
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  podName: string;
}

interface LogLine {
  at: number;
  text: string;
}

const mib = 2 ** 20;
/** The kubelet's own: the pause doubles from ten seconds to five minutes, and is forgotten after ten good minutes. */
const backOff = { firstMs: 10_000, mostMs: 300_000, forgottenMs: 600_000 };
const probeKillsAfterMs = 30_000;
const maxLines = 500;

type Phase = 'pulling' | 'pull-failed' | 'starting' | 'running' | 'backing-off';

/** One container of a pod in the hands of the kubelet: pulled, started, ready, killed, started again. */
export class ContainerRun {
  readonly spec: ContainerSpec;
  readonly image: Image;
  readonly memoryLimit: number | undefined;
  readonly cpuLimit: number | undefined;
  /** Working set in bytes, and cores in use, of the last step. */
  memory = 0;
  cpu = 0;
  cpuSeconds = 0;
  restarts = 0;
  #phase: Phase = 'pulling';
  #until: number;
  #startedAt = 0;
  #isReady = false;
  #probeFailsSince: number | undefined;
  #crashes = 0;
  #pulls = 0;
  #log: LogLine[] = [];
  #previousLog: LogLine[] | undefined;
  #last: ContainerStatus['lastState'] = {};
  #changed = true;

  constructor(spec: ContainerSpec, image: Image | undefined, now: number) {
    this.spec = spec;
    this.image = image ?? { pullError: `failed to resolve reference "${spec.image}": ${spec.image}: not found` };
    this.memoryLimit = quantity(spec.resources?.limits?.memory);
    this.cpuLimit = quantity(spec.resources?.limits?.cpu);
    this.#until = now + (this.image.pullSeconds ?? usual.pullSeconds) * 1000;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** True once after each change of what the status says. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Lets time pass. `load`: requests under way in this pod and cores that they take. */
  step(around: RunSurroundings, dtMs: number, load: { inFlight: number; cpu: number }): void {
    const { now } = around;
    switch (this.#phase) {
      case 'pulling':
      case 'pull-failed':
        if (now >= this.#until) this.#pull(around);
        return;
      case 'backing-off':
        if (now >= this.#until) this.#start(around);
        return;
      default:
        this.#run(around, dtMs, load);
    }
  }

  #pull(around: RunSurroundings): void {
    const { pullError } = this.image;
    const { image } = this.spec;
    if (pullError === undefined) {
      around.event('Normal', 'Pulled', `Successfully pulled image "${image}"`);
      this.#start(around);
      return;
    }
    around.event('Warning', 'Failed', `Failed to pull image "${image}": ${pullError}`);
    around.event('Warning', 'Failed', 'Error: ErrImagePull');
    const pause = Math.min(backOff.mostMs, backOff.firstMs * 2 ** this.#pulls);
    this.#pulls += 1;
    this.#phase = 'pull-failed';
    this.#until = around.now + pause;
    this.#changed = true;
  }

  #start(around: RunSurroundings): void {
    this.#phase = 'starting';
    this.#startedAt = around.now;
    this.#probeFailsSince = undefined;
    this.#changed = true;
    around.event('Normal', 'Started', `Started container ${this.spec.name}`);
    for (const text of this.image.greeting ?? []) this.#say(around.now, text);
  }

  #run(around: RunSurroundings, dtMs: number, load: { inFlight: number; cpu: number }): void {
    const { now } = around;
    const { image } = this;
    const uptimeSeconds = (now - this.#startedAt) / 1000;
    const starts = this.#phase === 'starting';
    this.cpu = starts ? (image.startCpu ?? usual.startCpu) : (image.idleCpu ?? usual.idleCpu) + load.cpu;
    this.cpuSeconds += (this.cpu * dtMs) / 1000;
    this.memory =
      mib *
      ((image.memoryMiB ?? usual.memoryMiB) +
        (image.memoryPerRequestMiB ?? usual.memoryPerRequestMiB) * load.inFlight +
        (starts ? (image.startMemoryMiB ?? usual.startMemoryMiB) : 0) +
        ((image.leakMiBPerMinute ?? usual.leakMiBPerMinute) * uptimeSeconds) / 60);
    if (this.memoryLimit !== undefined && this.memory > this.memoryLimit) {
      this.memory = this.memoryLimit;
      return this.#end(around, { code: 137, log: [] }, 'OOMKilled');
    }
    const inside: Surroundings = {
      ...{ node: around.node, now, reaches: around.reaches, uptimeSeconds, restarts: this.restarts },
      env: Object.fromEntries((this.spec.env ?? []).map(({ name, value = '' }) => [name, value])),
      memoryLimitBytes: this.memoryLimit,
    };
    const exit = image.exit?.(inside);
    if (exit) return this.#end(around, exit, exit.code === 0 ? 'Completed' : 'Error');
    const probe = image.probe?.(inside);
    if (probe) return this.#probeFails(around, probe);
    this.#probeFailsSince = undefined;
    if (starts && uptimeSeconds < (image.startSeconds ?? usual.startSeconds)) return;
    this.#phase = 'running';
    if (!this.#isReady) this.#setReady(true);
    if (uptimeSeconds * 1000 > backOff.forgottenMs) this.#crashes = 0;
  }

  #probeFails(around: RunSurroundings, { fails, message }: { fails: 'readiness' | 'liveness'; message: string }): void {
    const name = fails === 'liveness' ? 'Liveness' : 'Readiness';
    this.#probeFailsSince ??= around.now;
    if (this.#isReady) this.#setReady(false);
    const since = around.now - this.#probeFailsSince;
    if (since === 0 || since % 10_000 === 0) around.event('Warning', 'Unhealthy', `${name} probe failed: ${message}`);
    if (fails === 'readiness' || since < probeKillsAfterMs) return;
    around.event('Normal', 'Killing', `Container ${this.spec.name} failed liveness probe, will be restarted`);
    this.#end(around, { code: 137, log: [] }, 'Error');
  }

  #end(around: RunSurroundings, exit: { code: number; log: readonly string[] }, reason: string): void {
    const { now } = around;
    for (const text of exit.log) this.#say(now, text);
    this.#previousLog = this.#log;
    this.#log = [];
    this.#last = {
      terminated: { exitCode: exit.code, reason, startedAt: second(this.#startedAt), finishedAt: second(now) },
    };
    this.#isReady = false;
    this.#changed = true;
    this.memory = 0;
    this.cpu = 0;
    this.restarts += 1;
    const wasGood = now - this.#startedAt > backOff.forgottenMs;
    this.#crashes = wasGood ? 1 : this.#crashes + 1;
    // The first restart comes at once, the next ones after growing pauses.
    const pause = this.#crashes === 1 ? 0 : Math.min(backOff.mostMs, backOff.firstMs * 2 ** (this.#crashes - 2));
    this.#phase = 'backing-off';
    this.#until = now + pause;
    if (pause === 0) return this.#start(around);
    around.event(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${this.spec.name} in pod ${around.podName}`,
    );
  }

  #setReady(isReady: boolean): void {
    this.#isReady = isReady;
    this.#changed = true;
  }

  #say(at: number, text: string): void {
    this.#log.push({ at, text });
    if (this.#log.length > maxLines) this.#log.shift();
  }

  /** What the program wrote; undefined where there was no instance before. */
  log(previous: boolean): LogLine[] | undefined {
    return previous ? this.#previousLog : this.#log;
  }

  status(): ContainerStatus {
    const { name, image } = this.spec;
    return {
      ...{ name, image, imageID: `sandbox://${image}`, restartCount: this.restarts },
      ready: this.#isReady,
      started: this.#phase === 'running' || this.#phase === 'starting',
      state: this.#state(),
      lastState: this.#last,
    };
  }

  #state(): ContainerStatus['state'] {
    const { image, name } = this.spec;
    switch (this.#phase) {
      case 'pulling':
        return { waiting: { reason: 'ContainerCreating' } };
      case 'pull-failed':
        return this.#pulls === 1
          ? { waiting: { reason: 'ErrImagePull', message: this.image.pullError ?? '' } }
          : { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } };
      case 'backing-off': {
        const pause = Math.min(backOff.mostMs, backOff.firstMs * 2 ** Math.max(0, this.#crashes - 2)) / 1000;
        const message = `back-off ${pause}s restarting failed container=${name}`;
        return { waiting: { reason: 'CrashLoopBackOff', message } };
      }
      default:
        return { running: { startedAt: second(this.#startedAt) } };
    }
  }
}
