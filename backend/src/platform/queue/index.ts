export type * from './contract.ts';
export { openJobs, type OpenJobsOptions } from './bull-jobs.ts';
