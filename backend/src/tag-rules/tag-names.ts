import { businessDimensionNames } from '../platform/config/index.ts';

export type BusinessDimension = (typeof businessDimensionNames)[number];
export const businessDimensions: readonly BusinessDimension[] = businessDimensionNames;

/** Tags that usually carry a business dimension, best first. */
export const usualNames: Readonly<Record<BusinessDimension, readonly string[]>> = {
  x_Team: ['team', 'teamname', 'owner', 'ownerteam', 'costcenter', 'costcentre', 'businessunit', 'department', 'squad'],
  x_Product: ['product', 'productname', 'application', 'app', 'project', 'workload'],
  x_Customer: ['customer', 'customerid', 'customername', 'tenant', 'tenantid', 'client'],
  x_Feature: ['feature', 'featurename', 'capability'],
  x_Environment: ['environment', 'env', 'stage'],
  x_Model: ['model', 'modelname', 'modelid'],
};

/** Prefixes under which providers hand on tags that people have set. */
const prefixes = /^(?:(?:user|aws|azure|gcp|oci|label|labels|tag|tags|resourcetags|system|goog|ms|hidden)[:/])+/;

/** A tag's name without provider prefix, case and separators: `user:Cost-Center` and `cost_center` are both `costcenter`. */
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

/** The name of the tag that a selector such as `tag:CostCenter` means, canonical; undefined where it means a dimension. */
export function selectedTag(selector: string): string | undefined {
  return selector.startsWith('tag:') ? canonicalTagName(selector.slice('tag:'.length)) : undefined;
}

export function isBusinessDimension(name: string): name is BusinessDimension {
  return (businessDimensions as readonly string[]).includes(name);
}
