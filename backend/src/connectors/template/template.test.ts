import { describeConnector } from '../kit/describe-connector.ts';
import { templateConnector } from './index.ts';

describeConnector(templateConnector, import.meta.dirname);
