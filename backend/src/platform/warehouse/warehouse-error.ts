import { ClickHouseError } from '@clickhouse/client';
import { AppError, type ErrorCode } from '../errors/index.ts';

/** A failure of the warehouse as the rest of the service sees it. */
export class WarehouseError extends AppError {
  /** True where the same statement may succeed a moment later. */
  readonly retryable: boolean;
  /** Number of the ClickHouse exception, where the engine gave one. */
  readonly engineCode: number | undefined;

  constructor(code: ErrorCode, detail: string, options: { cause: unknown; retryable?: boolean; engineCode?: number }) {
    super(code, detail, { cause: options.cause });
    this.name = 'WarehouseError';
    this.retryable = options.retryable ?? false;
    this.engineCode = options.engineCode;
  }
}

interface Reading {
  code: ErrorCode;
  detail: string;
  retryable?: boolean;
}

const limits: Readonly<Record<number, string>> = {
  158: 'reads more rows than the guard allows',
  159: 'takes longer than the guard allows',
  160: 'takes longer than the guard allows',
  241: 'needs more memory than the warehouse has for it',
  307: 'reads more bytes than the guard allows',
  396: 'has more rows than the guard allows',
};

/** Exceptions of a server that is busy, starting, or has lost a part of its cluster. */
const passing = new Set([202, 203, 209, 210, 225, 236, 242, 279, 285, 319, 394, 425, 999]);
const credentials = new Set([192, 193, 194, 497, 516]);
const diskFull = 243;

const connectionLost = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The AppError for whatever the client threw. The engine's own text stays in `cause`, for the log. */
export function toWarehouseError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof ClickHouseError) {
    const engineCode = Number(error.code);
    return new WarehouseError(...asArguments(readEngineError(engineCode, error), error, engineCode));
  }
  return new WarehouseError(...asArguments(readOtherError(error), error));
}

function asArguments(
  { code, detail, retryable = false }: Reading,
  cause: unknown,
  engineCode?: number,
): ConstructorParameters<typeof WarehouseError> {
  return [code, detail, { cause, retryable, ...(engineCode === undefined ? {} : { engineCode }) }];
}

function readEngineError(code: number, error: ClickHouseError): Reading {
  if (code === diskFull || isDiskFull(error.message)) {
    return { code: 'DISK_FULL', detail: 'The disk of the warehouse is full; nothing of this was kept.' };
  }
  const limit = limits[code];
  if (limit !== undefined) return { code: 'QUERY_LIMIT', detail: `The query ${limit}.` };
  if (passing.has(code)) {
    return {
      code: 'UNAVAILABLE',
      detail: `The warehouse (ClickHouse) is not ready: ${error.type ?? code}.`,
      retryable: true,
    };
  }
  if (credentials.has(code)) {
    return {
      code: 'UNAVAILABLE',
      detail: 'The warehouse (ClickHouse) refuses the user, password or grants of warehouse.url.',
    };
  }
  return { code: 'INTERNAL', detail: `The warehouse refused a statement (${error.type ?? 'exception'} ${code}).` };
}

function readOtherError(error: unknown): Reading {
  const { code, message = String(error) } = error as NodeJS.ErrnoException;
  if (isDiskFull(message))
    return { code: 'DISK_FULL', detail: 'The disk of the warehouse is full; nothing of this was kept.' };
  const isLost =
    connectionLost.has(code ?? '') || /socket hang up|aborted|Timeout error|premature close/i.test(message);
  if (isLost) return { code: 'UNAVAILABLE', detail: 'The warehouse (ClickHouse) does not answer.', retryable: true };
  return { code: 'INTERNAL', detail: 'The warehouse failed in an unexpected way.' };
}

function isDiskFull(message: string): boolean {
  return /No space left on device|errno: 28\b|ENOSPC|NOT_ENOUGH_SPACE/.test(message);
}
