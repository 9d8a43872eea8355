import Type from 'typebox';
import type { SourceSettings } from '../../anycost/index.ts';
import { folderSettings } from '../object-store/settings.ts';
import type { CbfOptions } from './map.ts';

export const cbfSettings = Type.Object(
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
);

/** What the settings of a source say, with its defaults. */
export function cbfOptions(source: SourceSettings): CbfOptions {
  const { currency } = source.settings;
  return { currency: typeof currency === 'string' ? currency : 'USD', account: source.name };
}
