export type * from './contract.ts';
export { openJobs, type JobsOptionsOfService } from './bull-jobs.ts';
