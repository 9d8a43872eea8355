import { chargeColumns, renamedColumns, type ColumnKind } from './charge-columns.ts';
import { placeholders } from './unit.ts';

/** Rows that the engine itself can map: every field is written in the plainest way that it can be. */
export const plainColumn = 'amadeus:plain';
/** Which tags and business dimensions a row has, as a hash: the rules are asked once for each. */
export const keyColumn = 'amadeus:key';
export const periodColumn = 'amadeus:period';

/** SQL of the text of each column of a FOCUS file by its name; absent fields are empty. */
export type TextsByName = ReadonlyMap<string, string>;

/** A field as FOCUS files write it: `NULL` is absent. */
export function presentText(sql: string): string {
  return `if(${sql} IN ('NULL', 'null'), '', ${sql})`;
}

const amount = (text: string): string => `match(${text}, '^-?[0-9]{1,46}([.][0-9]{1,30})?$')`;
const dayAndTime = '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z?$';

function instant(text: string): string {
  return `toDateTimeOrNull(replaceOne(substring(${text}, 1, 19), 'T', ' '), 'UTC')`;
}

/** Days that do not exist would be taken for others: what comes out must be what went in. */
function isInstant(text: string): string {
  const written = `replaceOne(substring(${text}, 1, 19), 'T', ' ')`;
  return `match(${text}, '${dayAndTime}') AND ifNull(toString(${instant(text)}) = ${written}, 0)`;
}

function plainCondition(kind: ColumnKind, text: string, currencies: string): string | undefined {
  const orEmpty = (condition: string) => `(${text} = '' OR ${condition})`;
  switch (kind) {
    case 'cost':
      return amount(text);
    case 'number':
      return orEmpty(amount(text));
    case 'count':
      return orEmpty(`match(${text}, '^[0-9]{1,19}$')`);
    case 'hours':
      return orEmpty(`match(${text}, '^-?[0-9]{1,20}([.][0-9]{1,18})?$')`);
    case 'instant':
      return `(${isInstant(text)})`;
    case 'currency':
      return `${text} IN (${currencies})`;
    case 'code':
      return `match(${text}, '^[A-Za-z0-9]{0,20}$')`;
    case 'unit':
      return orEmpty(
        `(match(${text}, '^[A-Za-z][A-Za-z0-9 /-]{0,63}$') AND lower(${text}) NOT IN (${placeholders.map(literal).join(', ')}))`,
      );
    case 'map':
      return `${text} = ''`;
    case 'text':
      return undefined;
  }
}

/**
 * SQL that is 1 only for rows of which the warehouse row can be computed without looking closer; each of them comes out as
 * the row-wise mapping makes it (a test compares both). Whatever is written in another way is mapped one by one.
 */
export function plainSql(texts: TextsByName, fault: string, currencies: readonly string[]): string {
  const known = currencies.map(literal).join(', ');
  const conditions = [...texts].flatMap(([name, text]) => {
    const kind = chargeColumns.get(name);
    return (kind && plainCondition(kind, text, known)) ?? [];
  });
  const order = `${instant(texts.get('ChargePeriodEnd') ?? `''`)} >= ${instant(texts.get('ChargePeriodStart') ?? `''`)}`;
  return `ifNull(${fault} = '' AND ${conditions.join(' AND ')} AND ${order}, 0)`;
}

/**
 * SQL of the value of every column that a charge may fill.
 * @param ruled SQL of those that come from the rules: the business dimensions, Tags, x_TagSource and what else they decide
 */
export function valuesSql(texts: TextsByName, ruled: ReadonlyMap<string, string>): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, kind] of chargeColumns) {
    const text = ruled.get(name) ?? texts.get(name);
    values.set(name, text === undefined ? absent(kind) : valueSql(kind, text));
  }
  for (const [current, former] of renamedColumns) {
    const [one, other] = [values.get(current)!, values.get(former)!];
    values.set(current, `if(${one} = '', ${other}, ${one})`);
    values.set(former, `if(${one} = '', ${other}, ${one})`);
  }
  for (const name of ['Tags', 'x_TagSource']) values.set(name, ruled.get(name) ?? emptyMap);
  values.set('x_Unknown', unknownSql(texts));
  return values;
}

function valueSql(kind: ColumnKind, text: string): string {
  switch (kind) {
    case 'cost':
      return `toDecimal256(${text}, 30)`;
    case 'number':
      return `toDecimal256OrNull(${text}, 30)`;
    case 'count':
      return `toUInt64OrNull(${text})`;
    case 'hours':
      return `toDecimal128OrNull(${text}, 18)`;
    case 'instant':
      return `assumeNotNull(${instant(text)})`;
    case 'map':
      return emptyMap;
    default:
      return text;
  }
}

const emptyMap = `CAST(map(), 'Map(String, String)')`;

function absent(kind: ColumnKind): string {
  if (kind === 'map') return emptyMap;
  return kind === 'number' || kind === 'count' || kind === 'hours' ? 'NULL' : `''`;
}

function unknownSql(texts: TextsByName): string {
  const unknown = [...texts].filter(([name]) => !chargeColumns.has(name) && name !== 'Tags');
  if (unknown.length === 0) return emptyMap;
  return `mapFilter((k, v) -> v != '', map(${unknown.map(([name, text]) => `${literal(name)}, ${text}`).join(', ')}))`;
}

export function instantOf(texts: TextsByName, name: string): string {
  return `assumeNotNull(${instant(texts.get(name) ?? `''`)})`;
}

export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** A name as SQL quotes it. */
export function quoted(name: string): string {
  return `\`${name.replace(/\\/g, '\\\\').replace(/`/g, '\\`')}\``;
}
