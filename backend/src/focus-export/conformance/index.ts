export { checkFile, readModel } from './check-file.ts';
export type { Conformance, RuleResult } from './checker.ts';
export { priceProperties } from './formats.ts';
