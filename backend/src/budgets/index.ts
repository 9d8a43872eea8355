export type { BudgetStatus } from './contract.ts';
export type { Budgets, NoRoom, ReserveRequest, Reserved, Settled } from './doors.ts';
