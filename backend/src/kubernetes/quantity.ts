const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The number that a quantity of Kubernetes means: bytes for memory, cores for CPU; undefined for what is none.
 * Format: apimachinery's resource.Quantity, e.g. `512Mi`, `0.5`, `250m`, `1e9`.
 */
export function parseQuantity(text: string | undefined): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text?.trim() ?? '');
  if (!match) return undefined;
  const [, digits, exponent, suffix = ''] = match;
  const value = Number(`${digits}${exponent ?? ''}`) * (suffixes[suffix] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

/** Bytes as a quantity in whole MiB, rounded up, so that it is never less than asked for. */
export function memoryQuantity(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}Mi`;
}
