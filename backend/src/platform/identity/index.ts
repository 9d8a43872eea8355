export { permissions, roles } from './contract.ts';
export type { Caller, Permission, Role, Scope } from './contract.ts';
