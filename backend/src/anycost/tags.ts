import { businessDimensionNames } from '../platform/config/index.ts';

export type BusinessDimension = (typeof businessDimensionNames)[number];
export type BusinessDimensions = Record<BusinessDimension, string>;
export const businessDimensions: readonly BusinessDimension[] = businessDimensionNames;

/** Tags that usually carry a business dimension, best first. */
export const usualTagNames: Readonly<Record<BusinessDimension, readonly string[]>> = {
  x_Team: ['team', 'teamname', 'owner', 'ownerteam', 'costcenter', 'costcentre', 'businessunit', 'department', 'squad'],
  x_Product: ['product', 'productname', 'application', 'app', 'project', 'workload'],
  x_Customer: ['customer', 'customerid', 'customername', 'tenant', 'tenantid', 'client'],
  x_Feature: ['feature', 'featurename', 'capability'],
  x_Environment: ['environment', 'env', 'stage'],
  x_Model: ['model', 'modelname', 'modelid'],
};

/** Prefixes under which providers hand on tags that people have set. */
const prefixes = /^(?:(?:user|aws|azure|gcp|oci|label|labels|tag|tags|resourcetags|system|goog|ms|hidden)[:/])+/;

/**
 * A tag's name without provider prefix, case and separators: `user:Cost-Center` and `cost_center` are both `costcenter`.
 */
export function canonicalTagName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(prefixes, '')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The values of a row's tags by their canonical names; of tags with one name the first that has a value. */
export function canonicalTags(tags: Readonly<Record<string, string>>): Map<string, string> {
  const byName = new Map<string, string>();
  for (const [name, value] of Object.entries(tags)) {
    const canonical = canonicalTagName(name);
    if (value.trim() !== '' && !byName.has(canonical)) byName.set(canonical, value.trim());
  }
  return byName;
}

/** Team, product, customer, feature, environment and model as the tags name them; empty where they do not. */
export function businessDimensionsOf(tags: Readonly<Record<string, string>>): BusinessDimensions {
  const byName = canonicalTags(tags);
  const found = {} as BusinessDimensions;
  for (const dimension of businessDimensions) {
    const name = usualTagNames[dimension].find((candidate) => byName.has(candidate));
    found[dimension] = name === undefined ? '' : (byName.get(name) ?? '');
  }
  return found;
}

export type ParsedTags = { ok: true; tags: Record<string, string> } | { ok: false; reason: string };

/**
 * Tags as FOCUS writes them: one JSON object. Values that are not text (numbers, true, null, nested objects) become their
 * JSON text; a tag without a value is kept with an empty one.
 */
export function parseTags(text: string): ParsedTags {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'is not JSON; the text is kept as it came and the row has no tags' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return {
      ok: false,
      reason: 'is JSON but not an object of tags; the text is kept as it came and the row has no tags',
    };
  const entries = Object.entries(parsed).map(([name, value]) => [name.trim(), tagValue(value)] as const);
  return { ok: true, tags: Object.fromEntries(entries) };
}

function tagValue(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}
