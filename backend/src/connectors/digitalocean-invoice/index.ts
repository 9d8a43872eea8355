import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { needColumns } from '../mapping/needed-columns.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { periodOf } from '../object-store/object-period.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createInvoiceMapper } from './map.ts';

/** The CSV of a DigitalOcean invoice, as the control panel and the API give it. */
export const digitalOceanInvoiceConnector: Connector = {
  kind: 'digitalocean-invoice',
  title: 'DigitalOcean invoice',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(folderSettings, { additionalProperties: false }),
  map: ({ source, fileName, fields }) => {
    needColumns(fields, 'DigitalOcean invoice', ['USD', 'start', 'product']);
    return createInvoiceMapper({ account: source.name, period: periodOf(fileName)?.period });
  },
  ...folderSource(),
};
