import Type from 'typebox';
import type { Connector } from '../../anycost/index.ts';
import { folderSource } from '../object-store/folder-source.ts';
import { folderSettings } from '../object-store/settings.ts';
import { createTemplateMapper } from './map.ts';

/** Copy this folder to begin a connector: see docs/connectors.md. It is not among the connectors of the service. */
export const templateConnector: Connector = {
  kind: 'template',
  title: 'Example Cloud bill',
  endpoint: 'cloud-usage',
  format: 'auto',
  settings: Type.Object(folderSettings, { additionalProperties: false }),
  map: () => createTemplateMapper(),
  ...folderSource(),
};
