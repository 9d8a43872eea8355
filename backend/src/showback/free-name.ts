import { AppError } from '../platform/errors/index.ts';

/** A name that people write: trimmed, not empty, nothing that no one can see. @throws AppError VALIDATION_FAILED */
export function checkedName(text: string): string {
  const name = text.trim();
  if (name === '') throw new AppError('VALIDATION_FAILED', 'The name is empty.');
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name) || !name.isWellFormed())
    throw new AppError('VALIDATION_FAILED', 'The name holds characters that cannot be seen; leave them out.');
  return name;
}
