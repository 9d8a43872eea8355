/** What a container of an image sees of the world it runs in. */
export interface Surroundings {
  env: Readonly<Record<string, string>>;
  node: string;
  /** Since this instance was started. */
  uptimeSeconds: number;
  restarts: number;
  /** Milliseconds of the cluster's time. */
  now: number;
  memoryLimitBytes: number | undefined;
  /** Whether a service answers: one of the cluster's with ready pods, or one outside that is not said to be down. */
  reaches(service: string): boolean;
}

/** How an instance ends by itself. */
export interface Exit {
  code: number;
  /** Its last words. */
  log: readonly string[];
}

/** What the program in an image does. Sizes in MiB, times in seconds. */
export interface Image {
  pullSeconds?: number;
  /** It cannot be pulled: the registry's words. */
  pullError?: string;
  /** From its start until it is ready. */
  startSeconds?: number;
  /** Cores that starting takes, and doing nothing. */
  startCpu?: number;
  idleCpu?: number;
  cpuSecondsPerRequest?: number;
  /** Time of one request that is no work: waiting for others. */
  waitSecondsPerRequest?: number;
  memoryMiB?: number;
  memoryPerRequestMiB?: number;
  /** While it starts, on top. */
  startMemoryMiB?: number;
  leakMiBPerMinute?: number;
  /** A whole number of what it says at its start. */
  greeting?: readonly string[];
  /** Asked at every step; an answer ends the instance. */
  exit?(around: Surroundings): Exit | undefined;
  /** The endpoint of its probe fails: it never gets ready, or is killed and started again where `liveness`. */
  probe?(around: Surroundings): { fails: 'readiness' | 'liveness'; message: string } | undefined;
}

export const usual = {
  pullSeconds: 2,
  startSeconds: 5,
  startCpu: 0.2,
  idleCpu: 0.005,
  cpuSecondsPerRequest: 0.01,
  waitSecondsPerRequest: 0.005,
  memoryMiB: 60,
  memoryPerRequestMiB: 0.5,
  startMemoryMiB: 0,
  leakMiBPerMinute: 0,
} as const;
