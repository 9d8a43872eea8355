import { describeConnector } from '../kit/describe-connector.ts';
import { cloudZeroStreamConnector } from './index.ts';

describeConnector(cloudZeroStreamConnector, import.meta.dirname);
