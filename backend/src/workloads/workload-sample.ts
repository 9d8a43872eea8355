/** What one workload did in one minute; `null` where it was not measured. */
export interface WorkloadSample {
  /** E.g. `shop/frontend`. */
  workload: string;
  /** Start of the minute, epoch milliseconds. */
  minute: number;
  /** Requests in this minute. */
  requests: number | null;
  /** Mean cores in use. */
  cpuCores: number | null;
  /** Working set in bytes. */
  memoryBytes: number | null;
  /** Ready pods. */
  replicas: number | null;
}

/** What a source answered, and what a person should know about it. */
export interface WorkloadReading {
  samples: WorkloadSample[];
  /** Sentences about data that was left out or looks wrong; each says what to do. The rest of the reading is good. */
  notices: string[];
}

/** Minutes whose start lies in [from, to). */
export interface ReadingWindow {
  from: Date;
  to: Date;
}

/** Where samples come from. Reading the same window again may bring late minutes and corrections. */
export interface WorkloadSource {
  readonly name: string;
  /** @throws AppError where nothing could be read at all. */
  read(window: ReadingWindow, signal?: AbortSignal): Promise<WorkloadReading>;
}
