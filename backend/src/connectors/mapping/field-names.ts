/** Columns of the warehouse that begin with `x_` and mean something there: a provider's field never lands in one by its name. */
const meaningful = new Set(
  [
    'Team Product Customer Feature Environment Model ModelVersion InputTokens CachedInputTokens CacheWriteTokens OutputTokens',
    'ReasoningTokens Requests GpuHours JobId Namespace Workload CostBasis PriceId PriceFormula TagSource Unknown Source',
    'SourceFile SourceLine DropId GroupKey Period',
  ].flatMap((line) => line.split(' ').map((name) => `x_${name}`.toLowerCase())),
);

const maxRemembered = 5000;

/**
 * How the fields of one file are called. Providers write the same field in several ways (`lineItem/UsageType`,
 * `line_item_usage_type`, `lineItemUsageType`): its key is its letters and digits in lower case.
 */
export class FieldNames {
  readonly #keys = new Map<string, string>();
  readonly #columns = new Map<string, string>();

  /** `lineItem/UsageType` → `lineitemusagetype`. */
  key(name: string): string {
    return remembered(this.#keys, name, keyOf);
  }

  /** The `x_` column that keeps a field which FOCUS does not know: `lineItem/TaxType` → `x_LineItemTaxType`. */
  column(name: string): string {
    return remembered(this.#columns, name, columnOf);
  }
}

/** Letters and digits of a field's name in lower case. */
export function keyOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function columnOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const pascal = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  const column = `x_${pascal === '' ? 'Unnamed' : pascal}`;
  return meaningful.has(column.toLowerCase()) ? `x_Field${pascal}` : column;
}

/** Remembers up to a bound: a file may have a few hundred names, a hostile one a million. */
function remembered(memory: Map<string, string>, name: string, make: (name: string) => string): string {
  const known = memory.get(name);
  if (known !== undefined) return known;
  const made = make(name);
  if (memory.size < maxRemembered) memory.set(name, made);
  return made;
}
