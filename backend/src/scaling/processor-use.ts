/** State of a straight line of CPU over load, that forgets by halves. */
export interface ProcessorState {
  w: number;
  x: number;
  xx: number;
  u: number;
  xu: number;
  uu: number;
  samples: number;
}

/** Samples before the line is believed. */
const enough = 20;

/** Cores of a pod as a line over its requests per minute: what it idles at, and what a request costs. */
export class ProcessorUse {
  #state: ProcessorState;
  readonly #keep: number;

  /** `halfLife`: samples after which a sample counts half. */
  constructor(state?: ProcessorState, halfLife = 720) {
    this.#state = state ? { ...state } : { w: 0, x: 0, xx: 0, u: 0, xu: 0, uu: 0, samples: 0 };
    this.#keep = 0.5 ** (1 / halfLife);
  }

  get state(): ProcessorState {
    return { ...this.#state };
  }

  /** Takes in a minute: requests per minute and ready pod, cores per ready pod. What is no number is ignored. */
  observe(loadPerPod: number, coresPerPod: number): void {
    if (!(loadPerPod > 0) || !(coresPerPod >= 0) || !Number.isFinite(loadPerPod + coresPerPod)) return;
    const s = this.#state;
    const k = this.#keep;
    s.w = s.w * k + 1;
    s.x = s.x * k + loadPerPod;
    s.xx = s.xx * k + loadPerPod * loadPerPod;
    s.u = s.u * k + coresPerPod;
    s.xu = s.xu * k + loadPerPod * coresPerPod;
    s.uu = s.uu * k + coresPerPod * coresPerPod;
    s.samples += 1;
  }

  /**
   * Requests per minute at which a pod uses so many cores, and the standard deviation of its logarithm. Undefined before
   * enough was seen, or where CPU does not grow with load.
   */
  loadAt(cores: number): { load: number; deviation: number } | undefined {
    const { w, x, xx, u, xu, uu, samples } = this.#state;
    if (samples < enough || !(cores > 0)) return undefined;
    const meanLoad = x / w;
    const meanCores = u / w;
    const spread = xx / w - meanLoad ** 2;
    // Nearly constant load tells no slope: all CPU is then put down to requests, which understates the capacity.
    const tellsSlope = spread > (0.03 * meanLoad) ** 2;
    const line = tellsSlope ? (xu / w - meanLoad * meanCores) / spread : meanCores / meanLoad;
    const slope = Math.min(Math.max(line, 0.3 * (meanCores / meanLoad)), meanCores / meanLoad);
    const idle = Math.max(0, meanCores - slope * meanLoad);
    if (!(slope > 0) || idle >= cores) return undefined;
    const left = Math.max(0, uu / w - meanCores ** 2 - slope * (xu / w - meanLoad * meanCores));
    const noise = Math.sqrt(left) / Math.max(meanCores, 1e-9);
    // Far outside what was seen, the line may bend.
    const load = (cores - idle) / slope;
    const reach = Math.max(0, Math.log(load / Math.max(meanLoad, 1e-9)));
    return { load, deviation: 0.05 + noise / Math.sqrt(Math.min(w, 60)) + 0.08 * reach };
  }
}
