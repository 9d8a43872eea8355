import type { LlmRequest } from '../anycost/index.ts';
import type { Policy } from '../routing/index.ts';
import type { Dialect } from './dialects/dialect.ts';

/** A call that the gateway itself does not answer with what a provider said. */
export class GatewayError extends Error {
  readonly status: number;
  /** As the API of OpenAI names its errors, e.g. `model_not_found`. */
  readonly code: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  /** Further headers of the answer, e.g. what is left of a limit. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was tried before it, each with what it used. */
  tried: readonly LlmRequest[] = [];
  /** What served the call in place of the policy that decided about it, such as a side of an experiment. */
  servedBy: { policy: Policy; labels?: Readonly<Record<string, string>> } | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    retryAfter?: number,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'GatewayError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.headers = headers;
  }
}

const openaiTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  429: 'rate_limit_error',
};
const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

/** The error as the SDKs of the dialect read it. */
export function errorBody(dialect: Dialect, status: number, code: string, message: string): string {
  if (dialect === 'messages' || dialect === 'count') {
    const type = anthropicTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
    return JSON.stringify({ type: 'error', error: { type, message } });
  }
  const type = openaiTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  return JSON.stringify({ error: { message, type, param: null, code } });
}
