import { describeConnector } from '../kit/describe-connector.ts';
import { gcpBillingConnector } from './index.ts';

describeConnector(gcpBillingConnector, import.meta.dirname);
