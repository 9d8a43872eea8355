import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { needColumns } from '../mapping/needed-columns.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createOciMapper } from './map.ts';

/**
 * Oracle Cloud cost reports. Oracle writes several files a day that add up and whose names tell no month, so that all files
 * of the folder make one bill.
 */
export const ociCostConnector: Connector = {
  kind: 'oci-cost',
  title: 'Oracle Cloud cost report',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(folderSettings, { additionalProperties: false }),
  map: ({ fields }) => {
    needColumns(fields, 'Oracle Cloud cost report', ['cost/myCost', 'lineItem/intervalUsageStart']);
    return createOciMapper();
  },
  ...folderSource({ grouping: 'all' }),
};
