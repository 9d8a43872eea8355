import { AppError } from '../platform/errors/index.ts';

/** The file as a whole cannot be used; nothing of it is visible and nothing was acknowledged. */
export function billError(detail: string, cause?: unknown): AppError {
  return new AppError('UNPROCESSABLE', detail, cause === undefined ? {} : { cause });
}
