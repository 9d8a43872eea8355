import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/index.ts';
import type { App } from './app.ts';
import { methodsAt } from './declared-routes.ts';
import { problemContentType, toAppError, toProblem } from './problem.ts';
import { pathOf } from './request-facts.ts';
import { describeBrokenRules, type BrokenRule, type FieldError } from './validation-errors.ts';

export interface ErrorAnswerOptions {
  /** Awaited for each refused call (401 and 403) before it is answered. */
  onRefused(request: FastifyRequest, error: AppError): Promise<void>;
  /** Answers instead of a 401 or 404 where the address they come from has had too many of them. */
  tooManyRefusals(request: FastifyRequest, reply: FastifyReply): Promise<AppError | undefined>;
}

/** Answers every failure as a problem of the one error table: thrown errors, unknown addresses and unknown methods. */
export function registerErrorAnswers(app: App, options: ErrorAnswerOptions): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const known = isValidation(error) ? validationError(error, request) : toAppError(error);
    return await answer(known, request, reply, options, known.status === 401);
  });
  app.setNotFoundHandler(async (request, reply) => {
    return await answer(unknownAddress(app, request, reply), request, reply, options, true);
  });
}

async function answer(
  error: AppError,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ErrorAnswerOptions,
  limited: boolean,
): Promise<FastifyReply> {
  const known = (limited ? await options.tooManyRefusals(request, reply) : undefined) ?? error;
  if (known.status === 401 || known.status === 403) await options.onRefused(request, known);
  logProblem(known, request);
  if (known.status === 401) void reply.header('www-authenticate', 'Bearer');
  if (known.status === 503 && !reply.hasHeader('retry-after')) void reply.header('retry-after', '5');
  void reply.code(known.status).header('content-type', problemContentType);
  // Sent as text: the route's own response schema must not cut fields out of the problem.
  return reply.send(JSON.stringify(toProblem(known, request.traceId)));
}

function logProblem(error: AppError, request: FastifyRequest): void {
  const place = { code: error.code, path: pathOf(request.url), caller: request.caller.id };
  if (error.code === 'INTERNAL') request.log.error({ ...place, err: error.cause ?? error }, 'unexpected error');
  else if (error.status >= 500) request.log.warn({ ...place, err: error.cause }, error.message);
  else request.log.debug(place, error.message);
}

function unknownAddress(app: App, request: FastifyRequest, reply: FastifyReply): AppError {
  const path = pathOf(request.url);
  const methods = methodsAt(app, path);
  if (methods.length === 0) return new AppError('NOT_FOUND', `There is no address ${path} here.`);
  void reply.header('allow', methods.join(', '));
  return new AppError('METHOD_NOT_ALLOWED', `${path} takes ${methods.join(', ')}, not ${request.method}.`);
}

type ValidationFailure = FastifyError & { validation: BrokenRule[]; validationContext?: string };

function isValidation(error: FastifyError): error is ValidationFailure {
  return Array.isArray(error.validation);
}

/** The framework stops at the first part of the request that fails; the parts after it are looked at here. */
function validationError(error: ValidationFailure, request: FastifyRequest): AppError {
  const order = ['params', 'body', 'querystring', 'headers'] as const;
  const first = error.validationContext ?? 'body';
  const errors: FieldError[] = describeBrokenRules(first, error.validation);
  for (const part of order.slice(order.indexOf(first) + 1)) {
    const validate = request.getValidationFunction(part);
    const outcome = validate?.(part === 'querystring' ? request.query : request[part]) as
      { error?: BrokenRule[] } | true;
    if (outcome && outcome !== true && outcome.error) errors.push(...describeBrokenRules(part, outcome.error));
  }
  const named = errors.slice(0, 3).map((each) => `${each.field} ${each.message}`);
  const more = errors.length > 3 ? ` and ${errors.length - 3} more` : '';
  return new AppError('VALIDATION_FAILED', `${named.join('; ')}${more}.`, { extra: { errors } });
}
