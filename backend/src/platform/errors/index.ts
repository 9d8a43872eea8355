export { AppError, isAppError } from './app-error.ts';
export { errorTable, type ErrorCode } from './error-table.ts';
