import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { needColumns } from '../mapping/needed-columns.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createCurMapper } from './map.ts';

/** AWS Cost and Usage Report, legacy and 2.0, CSV or Parquet, sent or taken from the bucket that AWS delivers to. */
export const awsCurConnector: Connector = {
  kind: 'aws-cur',
  title: 'AWS Cost and Usage Report',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(
    {
      ...folderSettings,
      cost: Type.Optional(
        Type.Union([Type.Literal('unblended'), Type.Literal('net')], {
          description:
            'unblended: as the bill has it, discounts as lines of their own (default). net: each line after its discounts',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  map: ({ source, fields }) => {
    needColumns(fields, 'AWS Cost and Usage Report', [
      'lineItem/UnblendedCost',
      'lineItem/UsageStartDate',
      'bill/BillingPeriodStartDate',
    ]);
    return createCurMapper({ cost: source.settings['cost'] === 'net' ? 'net' : 'unblended' });
  },
  ...folderSource(),
};
