import { describeConnector } from '../kit/describe-connector.ts';
import { cloudZeroCbfConnector } from './index.ts';

describeConnector(cloudZeroCbfConnector, import.meta.dirname);
