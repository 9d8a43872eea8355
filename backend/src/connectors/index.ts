import type { Connector } from '../anycost/index.ts';
import { awsCurConnector } from './aws-cur/index.ts';

export { folderSource } from './object-store/folder-source.ts';
export { folderSettings } from './object-store/settings.ts';

/** The connectors of cloud bills. */
export const cloudConnectors: readonly Connector[] = [awsCurConnector];
