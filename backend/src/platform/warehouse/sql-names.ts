import { AppError } from '../errors/index.ts';

/** `table` or `database.table` as ClickHouse reads it, whatever characters it has. */
export function quotedTable(table: string): string {
  return table.split('.').map(quotedName).join('.');
}

export function quotedName(name: string): string {
  return `\`${name.replace(/\\/g, '\\\\').replace(/`/g, '\\`')}\``;
}

/** The name of a format. Throws UNSUPPORTED_FORMAT for what cannot be one. */
export function quotedFormat(format: string): string {
  if (/^[A-Za-z0-9]+$/.test(format)) return format;
  throw new AppError('UNSUPPORTED_FORMAT', `${JSON.stringify(format)} is no format of ClickHouse.`);
}
