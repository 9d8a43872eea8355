import { AppError } from '../platform/errors/index.ts';

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/**
 * Texts that people or engines write: not empty, not too long, nothing that no one can see. Everything else is allowed and
 * stays as it is; whoever shows it escapes it. Throws VALIDATION_FAILED with all that is wrong.
 */
export function checkedTexts(texts: Readonly<Record<string, readonly [text: string, maxLength: number]>>): void {
  const errors = Object.entries(texts).flatMap(([name, [text, maxLength]]) => {
    if (text.trim() === '') return [{ path: `/${name}`, message: 'must not be empty' }];
    if (text.length > maxLength) return [{ path: `/${name}`, message: `must not exceed ${maxLength} characters` }];
    if (controlCharacters.test(text)) return [{ path: `/${name}`, message: 'must not hold control characters' }];
    return [];
  });
  if (errors.length === 0) return;
  throw new AppError(
    'VALIDATION_FAILED',
    `Correct: ${errors.map((error) => `${error.path} ${error.message}`).join('; ')}.`,
    {
      extra: { errors },
    },
  );
}
