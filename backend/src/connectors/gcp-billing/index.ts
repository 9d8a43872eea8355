import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { AppError } from '../../platform/errors/index.ts';
import { needColumns } from '../mapping/needed-columns.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createGcpMapper } from './map.ts';

/** Google Cloud billing export (BigQuery, standard or detailed), exported as JSON, NDJSON, Parquet or flattened CSV. */
export const gcpBillingConnector: Connector = {
  kind: 'gcp-billing',
  title: 'Google Cloud billing export',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(
    {
      ...folderSettings,
      credits: Type.Optional(
        Type.Union([Type.Literal('separate'), Type.Literal('netted'), Type.Literal('none')], {
          description:
            'separate: each credit is a charge of its own (default). netted: credits are taken off the cost they belong to. none: files without the column credits are taken too, their cost as the whole truth',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  map: ({ source, fields }) => {
    const { credits } = source.settings;
    needColumns(fields, 'Google Cloud billing export', ['cost', 'usage_start_time']);
    if (credits !== 'none') needCredits(fields);
    return createGcpMapper({ credits: credits === 'netted' ? 'netted' : 'separate' });
  },
  ...folderSource(),
};

/** A table without its credits looks complete and sums up to too much. */
function needCredits(fields: readonly string[] | undefined): void {
  if (fields === undefined || fields.some((name) => /^credits\b|^credits_/i.test(name))) return;
  throw new AppError(
    'UNPROCESSABLE',
    'The file has no column credits, so that its sum would not be the bill’s. Nothing was kept.',
    {
      help: 'Export the whole table as Parquet, JSON or NDJSON, or as CSV with the lists as JSON text; or set `credits: none` if credits are left out on purpose.',
    },
  );
}
