import type { RowRules } from './ports.ts';
import { businessDimensions, businessDimensionsOf } from './tags.ts';

/**
 * What holds where a tenant has no rules: nothing is masked, and the business dimensions are read from the tags that
 * commonly carry them, unless the charge says them itself.
 */
export const plainRules: RowRules = {
  protect: (fields) => fields,
  protects: false,
  reads: [],
  enrich: ({ columns, tags }) => {
    const fromTags = businessDimensionsOf(tags);
    const found = businessDimensions.filter((name) => !columns[name] && fromTags[name] !== '');
    return {
      columns: { ...columns, ...Object.fromEntries(found.map((name) => [name, fromTags[name]])) },
      tags,
      tagSource: Object.fromEntries(found.map((name) => [name, 'tag'])),
    };
  },
  version: 'plain-1',
};
