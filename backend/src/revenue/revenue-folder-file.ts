import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAppError } from '../platform/errors/index.ts';
import { readRevenueFile } from './revenue-file.ts';
import type { NumberedLine } from './revenue-line.ts';

const maxFiles = 1_000;
const maxLines = 500_000;

/** What tells that a folder is as it was: names, sizes and times of its CSV files. @throws Error where it cannot be read */
export async function folderState(folder: string): Promise<{ files: string[]; mark: string }> {
  const files = (await readdir(folder)).filter((name) => /\.csv$/i.test(name) && !name.startsWith('.')).sort();
  if (files.length > maxFiles) throw new Error(`It holds more than ${maxFiles} files; keep a year in one.`);
  const marks: string[] = [];
  for (const name of files) {
    const { size, mtimeMs } = await stat(join(folder, name));
    marks.push(`${name} ${size} ${mtimeMs}`);
  }
  return { files, mark: marks.join('\n') };
}

/** The lines of all CSV files of a folder, each called by its file and line, and the files that are none. */
export async function readRevenueFolder(
  folder: string,
  files: readonly string[],
): Promise<{ lines: NumberedLine[]; problems: string[] }> {
  const lines: NumberedLine[] = [];
  const problems: string[] = [];
  for (const name of files) {
    try {
      for (const { line, fields } of await readRevenueFile(createReadStream(join(folder, name))))
        lines.push({ line: `${name}, line ${line}`, fields });
    } catch (error) {
      if (!isAppError(error)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
    if (lines.length > maxLines) return { lines: [], problems: [`The files hold more than ${maxLines} lines.`] };
  }
  return { lines, problems };
}
