export type { RowRules } from '../anycost/index.ts';
export type { Quality, RuleSet } from './contract.ts';
