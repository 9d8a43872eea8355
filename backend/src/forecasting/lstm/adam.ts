const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

/** Adam (Kingma and Ba 2015) over one flat array of weights. */
export class Adam {
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #steps = 0;

  constructor(size: number) {
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
  }

  /** Moves `weights` in place against `gradient`, whose norm is clipped at `clip` first. */
  step(weights: Float32Array, gradient: Float32Array, rate: number, clip: number): void {
    this.#steps += 1;
    const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    const factor = norm > clip ? clip / norm : 1;
    const correction1 = 1 - beta1 ** this.#steps;
    const correction2 = 1 - beta2 ** this.#steps;
    for (let i = 0; i < weights.length; i += 1) {
      const g = gradient[i]! * factor;
      const first = (this.#first[i] = beta1 * this.#first[i]! + (1 - beta1) * g);
      const second = (this.#second[i] = beta2 * this.#second[i]! + (1 - beta2) * g * g);
      weights[i] = weights[i]! - (rate * (first / correction1)) / (Math.sqrt(second / correction2) + epsilon);
    }
  }
}
