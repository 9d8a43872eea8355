import { AppError } from '../errors/index.ts';

/** Field names of node-postgres' errors that matter here. */
interface PostgresError {
  code?: string;
  constraint?: string;
  message?: string;
}

/** SQLSTATE classes and codes that mean: the server is away, starting, stopping or full of connections. */
const awayStates = /^(08...|57P01|57P02|57P03|57P05|53300|25P03)$/;
const awaySystemCalls: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const awayTexts =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|connection ended/i;

/** Whether the statement failed because PostgreSQL cannot be reached now, which a later try may cure. */
export function isAway(error: unknown): boolean {
  const { code = '', message = '' } = asPostgresError(error);
  return awayStates.test(code) || awaySystemCalls.has(code) || awayTexts.test(message);
}

/** Whether a unique constraint (of that name, where one is given) refused the row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const found = asPostgresError(error);
  return found.code === '23505' && (constraint === undefined || found.constraint === constraint);
}

/**
 * What the caller of a store may be told: AppErrors for an absent server, a full disk, a statement that took too long, a
 * lost race. Everything else (a constraint, a mistake in the SQL) stays as PostgreSQL said it.
 */
export function translateStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code = '', message = '' } = asPostgresError(error);
  if (isAway(error)) {
    return new AppError('UNAVAILABLE', 'The store (PostgreSQL) cannot be reached.', { cause: error });
  }
  if (code === '53100' || (code === '58030' && /no space left/i.test(message))) {
    return new AppError('DISK_FULL', 'The disk of the store (PostgreSQL) is full.', { cause: error });
  }
  if (code === '57014' || code === '55P03') {
    return new AppError('UPSTREAM_TIMEOUT', 'The store (PostgreSQL) did not answer in time.', { cause: error });
  }
  if (code === '40001' || code === '40P01') {
    return new AppError('CONFLICT', 'Someone else changed the same rows at the same moment.', { cause: error });
  }
  if (code === '28P01' || code === '28000' || code === '3D000') {
    return new AppError('UNAVAILABLE', 'The store (PostgreSQL) refuses this service.', {
      cause: error,
      help: 'Check user, password and database in DATABASE_URL.',
    });
  }
  return error;
}

function asPostgresError(error: unknown): PostgresError {
  return typeof error === 'object' && error !== null ? error : {};
}
