import { describeConnector } from '../kit/describe-connector.ts';
import { digitalOceanInvoiceConnector } from './index.ts';

describeConnector(digitalOceanInvoiceConnector, import.meta.dirname);
