import { scopeOfKept, type KeptScope, type Scope } from '../platform/identity/index.ts';
import type { Definition } from './contract.ts';

/**
 * What somebody must see to be told of a report with such filters; undefined where they name what the author may not see.
 */
export function scopeOf(
  author: Scope,
  { filters = [] }: Pick<Definition, 'filters'>,
  regions: KeptScope['regions'] | undefined,
): KeptScope | undefined {
  const named = (dim: string) => filters.find((filter) => filter.dim === dim)?.values;
  const [teams, products] = [named('x_Team'), named('x_Product')];
  return scopeOfKept(author, {
    ...(regions === undefined ? {} : { regions }),
    ...(teams === undefined ? {} : { teams }),
    ...(products === undefined ? {} : { products }),
  });
}
