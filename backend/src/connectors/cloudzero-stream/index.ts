import type { Connector } from '../../anycost/index.ts';
import { createCbfMapper } from '../cloudzero-cbf/map.ts';
import { cbfOptions, cbfSettings } from '../cloudzero-cbf/settings.ts';
import { folderSource } from '../object-store/folder-source.ts';

/** The JSON body that is posted to CloudZero's stream, however long: its lines stand in `data`. */
export const cloudZeroStreamConnector: Connector = {
  kind: 'cloudzero-stream',
  title: 'CloudZero posted drop',
  endpoint: 'cloud-usage',
  format: { json: { path: ['data'] } },
  settings: cbfSettings,
  map: ({ source }) => createCbfMapper(cbfOptions(source)),
  ...folderSource(),
};
