import { AppError } from '../../platform/errors/index.ts';
import { keyOf } from './field-names.ts';

/**
 * Refuses a file whose header lacks a column without which none of its lines could be used: it is another kind of file.
 * Without a header (JSON) each record shows it itself.
 * @param needed keys; of a group in brackets one suffices
 * @throws AppError UNPROCESSABLE naming what is missing
 */
export function needColumns(
  fields: readonly string[] | undefined,
  title: string,
  needed: readonly (string | readonly string[])[],
): void {
  if (fields === undefined) return;
  const keys = new Set(fields.map(keyOf));
  const missing = needed.filter(
    (name) => !(typeof name === 'string' ? [name] : name).some((one) => keys.has(keyOf(one))),
  );
  if (missing.length === 0) return;
  const names = missing.map((name) => (typeof name === 'string' ? name : name[0])).join(', ');
  throw new AppError('UNPROCESSABLE', `The file is no ${title}: its header lacks ${names}. Nothing was kept.`, {
    help: 'Choose the kind of source that fits the file, or export it again with these columns.',
  });
}
