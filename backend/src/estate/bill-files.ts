import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvLine, type FocusRow } from './focus-row.ts';

/** Writes rows as a FOCUS CSV file into `directory` and hands out its path; the file is removed when `work` is done. */
export async function withBillFile<T>(
  directory: string,
  name: string,
  rows: Iterable<FocusRow>,
  work: (path: string) => Promise<T>,
): Promise<T> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.csv`);
  await pipeline(Readable.from(lines(rows)), createWriteStream(path));
  try {
    return await work(path);
  } finally {
    await rm(path, { force: true });
  }
}

function* lines(rows: Iterable<FocusRow>): Generator<string> {
  let first = true;
  for (const row of rows) {
    if (first) yield csvLine(Object.keys(row));
    first = false;
    yield csvLine(Object.values(row) as string[]);
  }
}
