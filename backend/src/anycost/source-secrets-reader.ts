import { readFileSync } from 'node:fs';
import { AppError } from '../platform/errors/index.ts';

const secretName = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;
/** Prefix of variables that any declared source may read; others have to be listed in the configuration. */
const openPrefix = 'SOURCE_';

/**
 * Reads secrets that settings name: the environment variable of that name, or the file that `<name>_FILE` points to. Only
 * names that begin with `SOURCE_`, or that the configuration lists under `sourceSecrets`, are read: whoever may declare a
 * source must not get at the service's own passwords through it.
 */
export function secretReader(
  environment: Readonly<Record<string, string | undefined>>,
  listed: readonly string[],
): (name: string) => string {
  return (name) => {
    if (!secretName.test(name) || (!name.startsWith(openPrefix) && !listed.includes(name)))
      throw new AppError('FORBIDDEN', `The secret ${name.slice(0, 200)} is not one that sources may read.`, {
        help: `Give it a name that begins with ${openPrefix}, or list it under sourceSecrets in the configuration.`,
      });
    const value = environment[name] ?? fileValue(environment[`${name}_FILE`]);
    if (value === undefined || value === '')
      throw new AppError('UNPROCESSABLE', `The secret ${name} is not set.`, {
        help: `Set the environment variable ${name} of the service, or ${name}_FILE to the path of a file that holds it.`,
      });
    return value;
  };
}

function fileValue(path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
