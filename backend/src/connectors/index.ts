import type { Connector } from '../anycost/index.ts';
import { awsCurConnector } from './aws-cur/index.ts';
import { azureCostConnector } from './azure-cost/index.ts';
import { cloudZeroCbfConnector } from './cloudzero-cbf/index.ts';
import { cloudZeroStreamConnector } from './cloudzero-stream/index.ts';
import { digitalOceanInvoiceConnector } from './digitalocean-invoice/index.ts';
import { gcpBillingConnector } from './gcp-billing/index.ts';
import { ociCostConnector } from './oci-cost/index.ts';

export { focusFilesConnector } from './focus/index.ts';
export { folderSource } from './object-store/folder-source.ts';
export { folderSettings } from './object-store/settings.ts';

/** The connectors of cloud bills. */
export const cloudConnectors: readonly Connector[] = [
  awsCurConnector,
  azureCostConnector,
  gcpBillingConnector,
  ociCostConnector,
  cloudZeroCbfConnector,
  cloudZeroStreamConnector,
  digitalOceanInvoiceConnector,
];
