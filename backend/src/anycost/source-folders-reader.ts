import { realpath } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { AppError } from '../platform/errors/index.ts';

/**
 * Opens paths of this machine that settings of sources name: those that the configuration lists and what lies below them.
 * Whoever may declare a source must not get to read the machine through it, nor the lake, where other tenants' bills lie.
 * @param roots folders, the first of them the one where files may always be put
 * @returns a function that tells the path with its links resolved, and throws AppError FORBIDDEN for any other path
 */
export function folderReader(roots: readonly string[]): (path: string) => Promise<string> {
  return async (path) => {
    const wanted = await resolved(path);
    for (const root of roots) if (isBelow(await resolved(root), wanted)) return wanted;
    throw new AppError('FORBIDDEN', `${path.slice(0, 1000)} is not below a folder that \`sourceFolders\` lists.`, {
      help: `List the folder, or one above it, under sourceFolders in the configuration of the service, or put the files below ${roots[0]}.`,
    });
  };
}

/** What is not there has no links; that it is missing is told by whoever reads it. */
async function resolved(path: string): Promise<string> {
  return realpath(resolve(path)).catch(() => resolve(path));
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(root, way) === path;
}
