export { scanSql, splitStatements, type SqlDialect, type SqlToken } from './scan-sql.ts';
export { textSql } from './text-sql.ts';
