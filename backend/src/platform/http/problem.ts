import Type, { type Static } from 'typebox';
import { AppError, errorTable, isAppError, type ErrorCode } from '../errors/index.ts';

/** What every failed call answers (RFC 9457), as `application/problem+json`. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Stable name of the kind of problem' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong with this very call' }),
    code: Type.String({ description: 'Row of the error table' }),
    help: Type.String({ description: 'What the reader can do' }),
    traceId: Type.String({ description: 'Finds the call in logs and traces' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          in: Type.String({ description: 'body, querystring, params or headers' }),
          field: Type.String(),
          message: Type.String(),
        }),
      ),
    ),
  },
  {
    title: 'Problem',
    additionalProperties: true,
    examples: [
      {
        type: 'urn:amadeus:problem:forbidden',
        title: errorTable.FORBIDDEN.title,
        status: 403,
        detail: 'Reading the audit log needs the permission audit:read.',
        code: 'FORBIDDEN',
        help: errorTable.FORBIDDEN.help,
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      },
    ],
  },
);
export type Problem = Static<typeof ProblemSchema> & Record<string, unknown>;

export const problemContentType = 'application/problem+json; charset=utf-8';

/** The problem that a caller is shown for an error. Nothing of an unexpected error but the trace id gets out. */
export function toProblem(error: AppError, traceId: string): Problem {
  return {
    ...error.extra,
    type: `urn:amadeus:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: errorTable[error.code].title,
    status: error.status,
    detail: error.message,
    code: error.code,
    help: error.help,
    traceId,
  };
}

interface FrameworkError {
  code?: unknown;
  statusCode?: unknown;
  message?: unknown;
}

/** Errors of the HTTP framework and its plugins, by their code. A sentence replaces their text where it says too little. */
const frameworkCodes: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['TOO_LARGE', 'The body is larger than this route takes.'],
  FST_REQ_FILE_TOO_LARGE: ['TOO_LARGE', 'The file is larger than http.uploadLimitBytes.'],
  FST_FILES_LIMIT: ['TOO_LARGE', 'The form holds more files than this route takes.'],
  FST_PARTS_LIMIT: ['TOO_LARGE', 'The form holds more parts than this route takes.'],
  FST_FIELDS_LIMIT: ['TOO_LARGE', 'The form holds more fields than this route takes.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_FORMAT', 'This route does not take that Content-Type.'],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['UNSUPPORTED_FORMAT', 'This route takes multipart/form-data.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['BAD_REQUEST', 'The body is empty, but its Content-Type is JSON.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['BAD_REQUEST', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST', 'The body is not as long as its Content-Length says.'],
  FST_ERR_BAD_URL: ['BAD_REQUEST', 'The address is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['BAD_REQUEST', 'A part of the address is too long.'],
  FST_UNDER_PRESSURE: ['UNAVAILABLE', 'The service is overloaded.'],
};

/**
 * Whatever was thrown, as an AppError. AppErrors pass through; errors of the framework are mapped by code; anything else
 * is INTERNAL and keeps its text to itself (`cause` holds it for the log).
 */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const { code, statusCode, message } = (typeof error === 'object' && error !== null ? error : {}) as FrameworkError;
  const mapped = typeof code === 'string' ? frameworkCodes[code] : undefined;
  if (mapped) return new AppError(mapped[0], mapped[1] ?? String(message), { cause: error });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AppError(codeOfStatus(statusCode), String(message), { cause: error });
  }
  return new AppError('INTERNAL', 'Something unexpected happened; what it was stands in the log.', { cause: error });
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 413) return 'TOO_LARGE';
  if (status === 415) return 'UNSUPPORTED_FORMAT';
  if (status === 429) return 'RATE_LIMITED';
  return 'BAD_REQUEST';
}
