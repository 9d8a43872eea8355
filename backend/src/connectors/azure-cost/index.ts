import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { needColumns } from '../mapping/needed-columns.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createAzureMapper } from './map.ts';

/** Azure cost exports, actual or amortized, of enterprise and customer agreements. */
export const azureCostConnector: Connector = {
  kind: 'azure-cost',
  title: 'Azure cost export',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(
    {
      ...folderSettings,
      dataset: Type.Optional(
        Type.Union([Type.Literal('actual'), Type.Literal('amortized')], {
          description:
            'Which export it is. Without it: amortized where the name of the file says so, else actual. Make a source of each, never one of both',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  map: ({ fileName, source, fields }) => {
    needColumns(fields, 'Azure cost export', [
      ['CostInBillingCurrency', 'Cost', 'PreTaxCost'],
      ['Date', 'UsageDateTime', 'UsageDate'],
    ]);
    const named = /amorti[sz]ed/i.test(fileName) ? 'amortized' : 'actual';
    const { dataset } = source.settings;
    return createAzureMapper({ dataset: dataset === 'actual' || dataset === 'amortized' ? dataset : named });
  },
  ...folderSource(),
};
