import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createCbfMapper } from './map.ts';

/** CloudZero's Common Bill Format: CSV drops, and the JSON that is posted to its stream. */
export const cloudZeroCbfConnector: Connector = {
  kind: 'cloudzero-cbf',
  title: 'CloudZero Common Bill Format',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(
    {
      ...folderSettings,
      currency: Type.Optional(
        Type.String({
          pattern: '^[A-Z]{3}$',
          description: 'Currency of the costs, which the format does not name; default USD',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  map: ({ source }) => {
    const { currency } = source.settings;
    return createCbfMapper({ currency: typeof currency === 'string' ? currency : 'USD', account: source.name });
  },
  ...folderSource(),
};
