import { businessDimensions, canonicalTagName, type BusinessDimension } from '../anycost/index.ts';

export { businessDimensions, canonicalTagName, canonicalTags, usualTagNames } from '../anycost/index.ts';
export type { BusinessDimension } from '../anycost/index.ts';

/** The name of the tag that a selector such as `tag:CostCenter` means, canonical; undefined where it means a dimension. */
export function selectedTag(selector: string): string | undefined {
  return selector.startsWith('tag:') ? canonicalTagName(selector.slice('tag:'.length)) : undefined;
}

export function isBusinessDimension(name: string): name is BusinessDimension {
  return (businessDimensions as readonly string[]).includes(name);
}
