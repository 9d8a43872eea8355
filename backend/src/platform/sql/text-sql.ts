/**
 * A text as a literal of ClickHouse that no character of it can leave: each byte is escaped. A literal and not `unhex(...)`, because
 * the engine plans each call of a function anew, and some statements name hundreds of texts.
 */
export function textSql(text: string): string {
  return `'${Buffer.from(text, 'utf8').toString('hex').replace(/../g, '\\x$&')}'`;
}
