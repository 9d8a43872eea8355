/** One numbered file of SQL. */
export interface Migration {
  number: number;
  /** File name, e.g. `0001_cost.sql`. */
  name: string;
  sql: string;
  /** SHA-256 of the text, line ends made equal. */
  checksum: string;
}

/** What the ledger remembers of a migration that was applied. */
export interface AppliedMigration {
  number: number;
  name: string;
  checksum: string;
}

/** The database and the files do not fit together; nothing was changed. The message says what to do. */
export class MigrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MigrationError';
  }
}

/**
 * The files that are not in the ledger, in order of their numbers. A file that comes late with a lower number than the
 * last one applied is applied too. Numbers in the ledger that are higher than every file's belong to a newer version of
 * the service and are left alone, so that a fleet can be upgraded one by one.
 * @throws MigrationError where an applied file was changed or is missing, or two files have one number.
 */
export function planMigrations(files: readonly Migration[], ledger: readonly AppliedMigration[]): Migration[] {
  const byNumber = new Map<number, Migration>();
  for (const file of files) {
    const other = byNumber.get(file.number);
    if (other)
      throw new MigrationError(
        `${other.name} and ${file.name} have one number; give the later one the next free number.`,
      );
    byNumber.set(file.number, file);
  }
  const newest = Math.max(0, ...byNumber.keys());
  for (const applied of ledger) {
    const file = byNumber.get(applied.number);
    if (file === undefined && applied.number < newest) {
      throw new MigrationError(`${applied.name} was applied to this database but its file is missing; put it back.`);
    }
    if (file !== undefined && file.checksum !== applied.checksum) {
      const text = `${file.name} was changed after it was applied (as ${applied.name}). Put the old text back and write the change as a new file.`;
      throw new MigrationError(text);
    }
  }
  const known = new Set(ledger.map(({ number }) => number));
  return [...byNumber.values()]
    .filter(({ number }) => !known.has(number))
    .sort((one, other) => one.number - other.number);
}
