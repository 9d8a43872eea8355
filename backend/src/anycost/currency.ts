/** ISO 4217 codes as the runtime's Unicode data lists them. */
export const knownCurrencies: readonly string[] = Intl.supportedValuesOf('currency');
const known: ReadonlySet<string> = new Set(knownCurrencies);

/** The ISO 4217 code in capitals, or undefined where `text` names no currency. */
export function parseCurrency(text: string): string | undefined {
  const code = text.trim().toUpperCase();
  return known.has(code) ? code : undefined;
}
