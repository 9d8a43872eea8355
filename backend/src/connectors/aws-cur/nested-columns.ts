import type { RawFields } from '../../anycost/index.ts';
import type { RecordReader } from '../mapping/record-reader.ts';

/** Columns of report 2.0 that hold a whole map as JSON. */
const maps = ['product', 'resource_tags', 'cost_category', 'discount', 'tags'] as const;

/**
 * The fields with the maps of report 2.0 laid out (`product` = `{"region":"x"}` → `product/region`); a map that is no JSON
 * stays as it is and is kept with the charge.
 */
export function expandMaps(fields: RawFields): RawFields {
  const present = maps.filter((name) => fields[name]?.trimStart().startsWith('{'));
  if (present.length === 0) return fields;
  const laidOut: [string, string][] = [];
  const read = new Set<string>();
  for (const name of present) {
    const entries = parseMap(fields[name] ?? '');
    if (entries === undefined) continue;
    read.add(name);
    for (const [key, value] of entries) if (value !== '') laidOut.push([`${name}/${key}`, value]);
  }
  const rest = Object.entries(fields).filter(([name]) => !read.has(name));
  // What has a column of its own counts before the map, which may say it again.
  const own = new Set(rest.map(([name]) => name.toLowerCase().replace(/[^a-z0-9]/g, '')));
  const more = laidOut.filter(([name]) => !own.has(name.toLowerCase().replace(/[^a-z0-9]/g, '')));
  return Object.fromEntries([...rest, ...more]);
}

function parseMap(text: string): [string, string][] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return Object.entries(parsed).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
    ]);
  } catch {
    return undefined;
  }
}

const userTag = /^(?:resourceTags|resource_tags|tags)[/.:_](?:resourceTags\/)?(?:user[:_])(.+)$/i;
const otherTag = /^(?:resourceTags|resource_tags|tags)[/.:_](?:resourceTags\/)?(.+)$/i;
const costCategory = /^(?:costCategory|cost_category)[/.:_](.+)$/i;

/**
 * Tags of the line: those that people set under their own name, those of AWS with `aws:`, cost categories as
 * `costCategory:<name>`.
 */
export function takeTags(reader: RecordReader): Record<string, string> {
  const own = reader.takeMatching(userTag);
  const others = reader.takeMatching(otherTag);
  const categories = Object.entries(reader.takeMatching(costCategory)).map(
    ([name, value]) => [`costCategory:${name}`, value] as const,
  );
  return { ...Object.fromEntries(categories), ...others, ...own };
}
