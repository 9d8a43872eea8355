const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes, or cores; undefined for what is no quantity. */
export function quantity(text: string | number | undefined): number | undefined {
  const match = /^([\d.]+(?:e[+-]?\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/i.exec(String(text ?? ''));
  if (!match) return undefined;
  const value = Number(match[1]) * (factors[match[2] ?? ''] ?? Number.NaN);
  return Number.isNaN(value) ? undefined : value;
}
