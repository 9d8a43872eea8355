import { describeConnector } from '../kit/describe-connector.ts';
import { azureCostConnector } from './index.ts';

describeConnector(azureCostConnector, import.meta.dirname);
