/**
 * Randomness as a function of a seed and a name, so that the same estate comes out on every machine and any part of it can
 * be computed without computing what came before. FNV-1a for the key, the finaliser of MurmurHash3 for the bits.
 */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  uniform(...key: readonly (string | number)[]): number;
  /** Standard normal (Box and Muller 1958). */
  normal(...key: readonly (string | number)[]): number;
  /** Uniform whole number in [low, high]. */
  integer(low: number, high: number, ...key: readonly (string | number)[]): number;
  /** One of the choices, with the weights given. */
  choose<T>(choices: readonly (readonly [T, number])[], ...key: readonly (string | number)[]): T;
  /** Smooth noise with mean 0 and a standard deviation of about 1 at position `x`, changing over about one unit. */
  smooth(x: number, ...key: readonly (string | number)[]): number;
}

export function seededRandom(seed: number): SeededRandom {
  const uniform = (...key: readonly (string | number)[]): number => hash(seed, key.join('|'));
  const normal = (...key: readonly (string | number)[]): number =>
    Math.sqrt(-2 * Math.log(1 - uniform(...key, 'radius'))) * Math.cos(2 * Math.PI * uniform(...key, 'angle'));
  return {
    uniform,
    normal,
    integer: (low, high, ...key) => low + Math.floor(uniform(...key) * (high - low + 1)),
    choose: (choices, ...key) => {
      const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
      let left = uniform(...key) * total;
      for (const [value, weight] of choices) {
        left -= weight;
        if (left < 0) return value;
      }
      return choices.at(-1)![0];
    },
    smooth: (x, ...key) => {
      const cell = Math.floor(x);
      const t = x - cell;
      const ease = t * t * (3 - 2 * t);
      const mixed = normal(...key, cell) * (1 - ease) + normal(...key, cell + 1) * ease;
      return mixed / Math.sqrt((1 - ease) ** 2 + ease ** 2);
    },
  };
}

function hash(seed: number, text: string): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
