import { BulkheadRejectedError, isBrokenCircuitError } from 'cockatiel';
import { AppError, isAppError, type ErrorCode } from '../errors/index.ts';
import { redactText } from '../telemetry/index.ts';
import { AnswerTooLargeError } from './exchange.ts';
import { AddressRefusedError } from './guarded-connector.ts';

/** The time of the call is up. */
export class DeadlineError extends Error {
  constructor(timeoutMs: number) {
    super(`no complete answer within ${timeoutMs} ms`);
  }
}

/** The caller fired its signal. */
export class CallerLeftError extends Error {}

/** Failures of the host, as against refusals of ours and callers that left. Only these open a circuit or are repeated. */
export function isHostFailure(error: unknown): boolean {
  if (error instanceof AddressRefusedError || error instanceof AnswerTooLargeError) return false;
  if (isBrokenCircuitError(error) || error instanceof BulkheadRejectedError) return false;
  return !(error instanceof CallerLeftError) && !(error instanceof Error && error.name === 'AbortError');
}

/**
 * The error as the caller may read it: which host, what happened, what to do.
 * @param attempts tries made, kept in `extra`
 */
export function explain(error: unknown, host: string, attempts: number): AppError {
  if (isAppError(error)) return error;
  const extra = { attempts };
  if (error instanceof AddressRefusedError) {
    return new AppError('FORBIDDEN', `The call to ${host} was refused: ${error.message}.`, {
      extra,
      help: `Add ${host} or its network to \`outgoing.allow\` in the configuration if this call is wanted.`,
    });
  }
  const cause = error as NodeJS.ErrnoException;
  const [code, detail] = describe(cause, host);
  return new AppError(code, detail, { extra, cause });
}

function describe(error: NodeJS.ErrnoException, host: string): [ErrorCode, string] {
  if (error instanceof CallerLeftError) return ['CLIENT_CLOSED', `The call to ${host} was given up by its caller.`];
  if (error instanceof DeadlineError) return ['UPSTREAM_TIMEOUT', `${host} gave ${error.message}.`];
  if (isBrokenCircuitError(error)) {
    return ['UPSTREAM_FAILED', `${host} failed repeatedly; calls to it are paused for a few seconds.`];
  }
  if (error instanceof BulkheadRejectedError) {
    return ['UPSTREAM_FAILED', `Too many calls to ${host} at once; this one was not sent.`];
  }
  if (error.code === 'UND_ERR_CONNECT_TIMEOUT' || error.code === 'ETIMEDOUT') {
    return ['UPSTREAM_TIMEOUT', `${host} did not accept a connection in time.`];
  }
  return ['UPSTREAM_FAILED', `The call to ${host} failed: ${redactText(reasonOf(error))}.`];
}

function reasonOf(error: NodeJS.ErrnoException & { errors?: Error[] }): string {
  return error.message || error.errors?.[0]?.message || error.code || error.name;
}
