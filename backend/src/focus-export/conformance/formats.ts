/** Formats of values that the rules name. All take a value that is not null. */
export const formats = {
  /** Integer, decimal or `mEn`; no plus sign, no grouping, no other characters. */
  numeric: (value: string): boolean => /^-?\d+(\.\d+)?(E-?\d+)?$/.test(value),
  text: (value: string): boolean => value.isWellFormed(),
  notBlank: (value: string): boolean => value.trim() !== '',
  /** UTC with date, `T`, two-digit hours, minutes, seconds, and `Z`. */
  dateTime: (value: string): boolean =>
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  /** A national currency by ISO 4217. */
  nationalCurrency: (value: string): boolean => currencies.has(value),
  /** A national currency, or the name of a virtual one. */
  currency: (value: string): boolean =>
    /^[A-Z]{3}$/.test(value) ? currencies.has(value) : value.isWellFormed() && value.trim() !== '',
  /** A unit, a unit with a quantity or an interval, or a ratio of them: `GB`, `GB-Hours`, `1000 Tokens`, `Requests/Second`. */
  unit: (value: string): boolean => /^(\d+ )?[A-Za-z]+( [A-Za-z]+)*([-/](\d+ )?[A-Z][A-Za-z]*)*$/.test(value),
  /** A JSON object whose values are numbers, texts, true, false or null, and whose keys are unique. */
  keyValue: (value: string): boolean => {
    const entries = entriesOf(value);
    return entries !== undefined && entries.unique && entries.values.every((each) => typeof each !== 'object' || !each);
  },
  jsonObject: (value: string): boolean => entriesOf(value) !== undefined,
  uniqueKeys: (value: string): boolean => entriesOf(value)?.unique ?? true,
  plainValues: (value: string): boolean =>
    entriesOf(value)?.values.every((each) => typeof each !== 'object' || each === null) ?? true,
  /** Properties of SkuPriceDetails: those of FOCUS as it writes them, others with `x_`. */
  priceProperties: (value: string): boolean =>
    entriesOf(value)?.keys.every((key) => key.startsWith('x_') || Object.hasOwn(priceProperties, key)) ?? true,
  /** No property is one of FOCUS in another spelling. */
  priceSpelling: (value: string): boolean =>
    entriesOf(value)?.keys.every(
      (key) => key.startsWith('x_') || Object.hasOwn(priceProperties, key) || !spelled.has(plain(key)),
    ) ?? true,
  priceTypes: (value: string): boolean => {
    const entries = entriesOf(value);
    return (
      entries?.keys.every((key, index) => {
        const type = Object.hasOwn(priceProperties, key) ? priceProperties[key] : undefined;
        const found = entries.values[index];
        return type === undefined || found === null || typeof found === type;
      }) ?? true
    );
  },
} as const satisfies Record<string, (value: string) => boolean>;

export type FormatName = keyof typeof formats;

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Properties that FOCUS 1.2 defines for SkuPriceDetails, with the type of their values. */
export const priceProperties: Readonly<Record<string, 'number' | 'string'>> = {
  CoreCount: 'number',
  DiskMaxIops: 'number',
  DiskSpace: 'number',
  DiskType: 'string',
  GpuCount: 'number',
  InstanceSeries: 'string',
  InstanceType: 'string',
  MemorySize: 'number',
  NetworkMaxIops: 'number',
  NetworkMaxThroughput: 'number',
  OperatingSystem: 'string',
  Redundancy: 'string',
  StorageClass: 'string',
};
const plain = (key: string): string => key.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
const spelled: ReadonlySet<string> = new Set(Object.keys(priceProperties).map(plain));

interface Entries {
  keys: string[];
  values: unknown[];
  unique: boolean;
}

/** Keys and values of the JSON object in a text; undefined where it is none. */
function entriesOf(text: string): Entries | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const keys = Object.keys(parsed);
  return { keys, values: Object.values(parsed), unique: countOuterKeys(text) === keys.length };
}

/** How many keys the outer object of a valid JSON text names, repeated ones counted each time. */
function countOuterKeys(text: string): number {
  let depth = 0;
  let count = 0;
  for (const [token, , colon] of text.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (colon !== undefined && depth === 1) count++;
  }
  return count;
}
