import { describeConnector } from '../kit/describe-connector.ts';
import { ociCostConnector } from './index.ts';

describeConnector(ociCostConnector, import.meta.dirname);
