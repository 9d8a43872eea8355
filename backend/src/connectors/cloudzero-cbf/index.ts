import type { Connector } from '../../anycost/index.ts';
import { needColumns } from '../mapping/needed-columns.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { createCbfMapper } from './map.ts';
import { cbfOptions, cbfSettings } from './settings.ts';

/** CloudZero's Common Bill Format: CSV drops. A posted body of some hundred lines works too; larger ones are `cloudzero-stream`. */
export const cloudZeroCbfConnector: Connector = {
  kind: 'cloudzero-cbf',
  title: 'CloudZero Common Bill Format',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: cbfSettings,
  map: ({ source, fields }) => {
    needColumns(fields, 'file of the Common Bill Format', ['time/usage_start', 'cost/cost']);
    return createCbfMapper(cbfOptions(source));
  },
  ...folderSource(),
};
