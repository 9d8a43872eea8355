import Type from 'typebox';
import { focusConnector, type Connector } from '../../anycost/index.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';

/** FOCUS 1.0 to 1.4 files, sent or taken from a folder, a bucket or a container, as providers export them. */
export const focusFilesConnector: Connector = {
  ...focusConnector,
  settings: Type.Object({ ...folderSettings }, { additionalProperties: false }),
  ...folderSource(),
};
