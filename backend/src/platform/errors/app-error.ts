import { errorTable, type ErrorCode } from './error-table.ts';

export interface AppErrorOptions {
  cause?: unknown;
  /** Fields that are shown to the caller besides the detail, e.g. the list of invalid fields. Never a secret. */
  extra?: Record<string, unknown>;
  /** Overrides the help of the table where a more exact step is known. */
  help?: string;
}

/** An expected failure with a code from the error table. `detail` is a sentence that the caller may read. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly help: string;
  readonly extra: Record<string, unknown>;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = errorTable[code].status;
    this.help = options.help ?? errorTable[code].help;
    this.extra = options.extra ?? {};
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}
