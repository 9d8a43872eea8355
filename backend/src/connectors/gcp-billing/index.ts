import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createGcpMapper } from './map.ts';

/** Google Cloud billing export (BigQuery, standard or detailed), exported as JSON, NDJSON or flattened CSV. */
export const gcpBillingConnector: Connector = {
  kind: 'gcp-billing',
  title: 'Google Cloud billing export',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(
    {
      ...folderSettings,
      credits: Type.Optional(
        Type.Union([Type.Literal('separate'), Type.Literal('netted')], {
          description:
            'separate: each credit is a charge of its own (default). netted: credits are taken off the cost they belong to',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  map: ({ source }) => createGcpMapper({ credits: source.settings['credits'] === 'netted' ? 'netted' : 'separate' }),
  ...folderSource(),
};
