import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../platform/errors/index.ts';

export interface DumpFile {
  /** Name below the folder. */
  name: string;
  bytes: number;
  /** Changes when the content does. */
  version: string;
}

const mostFiles = 5_000;

/**
 * The files at a path, itself one or a folder of them, in order of their names; hidden and unfinished ones (`.x`, `x.tmp`,
 * `x.part`) are passed over.
 * @throws AppError UPSTREAM_FAILED where the path cannot be read or holds too many files
 */
export async function listDumps(path: string): Promise<DumpFile[]> {
  const found = await guarded(path, () => stat(path));
  const names = found.isDirectory() ? (await guarded(path, () => readdir(path))).sort() : [basename(path)];
  const folder = found.isDirectory() ? path : dirname(path);
  const kept = names.filter((name) => !name.startsWith('.') && !/\.(?:tmp|part)$/.test(name));
  if (kept.length > mostFiles)
    throw new AppError('UPSTREAM_FAILED', `The folder holds ${kept.length} files; at most ${mostFiles} are read.`, {
      help: 'Move older dumps to another folder.',
    });
  const files: DumpFile[] = [];
  for (const name of kept) {
    const at = await guarded(path, () => stat(join(folder, name)));
    if (at.isFile()) files.push({ name, bytes: at.size, version: `${at.mtimeMs}-${at.size}` });
  }
  return files;
}

/** Resolves links. @throws AppError FORBIDDEN where a path, or what it links to, must not be read */
type Resolve = (path: string) => Promise<string>;

/** The bytes of a file that `listDumps` named. */
export async function openDump(path: string, name: string, resolve: Resolve): Promise<AsyncIterable<Uint8Array>> {
  return createReadStream(await resolve(fullPath(path, name)));
}

/** The text of a file that `listDumps` named, up to `most` bytes. @throws AppError TOO_LARGE */
export async function readDump(
  path: string,
  file: DumpFile | { name: string },
  most: number,
  resolve: Resolve,
): Promise<string> {
  const full = await resolve(fullPath(path, file.name));
  const { size } = await guarded(path, () => stat(full));
  if (size > most) throw new AppError('TOO_LARGE', `${file.name} has ${size} bytes; at most ${most} are read whole.`);
  return guarded(path, () => readFile(full, 'utf8'));
}

function fullPath(path: string, name: string): string {
  return join(basename(path) === name ? dirname(path) : path, basename(name));
}

async function guarded<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown';
    throw new AppError('UPSTREAM_FAILED', `${path} cannot be read (${code}).`, {
      help: 'Set `path` of the source to a file or folder that the service may read.',
      cause: error,
    });
  }
}
