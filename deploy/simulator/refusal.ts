import type { Dialect } from './asked.ts';

export interface Refusal {
  headers: Record<string, string>;
  body: string;
}

/** Limits of a provider as its headers tell them. */
export interface LimitsLeft {
  requestsPerMinute: number;
  requestsLeft: number;
}

const bedrockErrors: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
};
const anthropicErrors: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};
const geminiStates: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

/** How a provider says no, in its own headers and words. @param retryAfter seconds */
export function refusal(dialect: Dialect, status: number, retryAfter: number | undefined): Refusal {
  const message = `simulated ${status}`;
  const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  switch (dialect) {
    case 'messages': {
      const type = anthropicErrors[status] ?? 'api_error';
      return { headers: wait, body: JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' }) };
    }
    case 'gemini': {
      const details =
        retryAfter === undefined
          ? {}
          : { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` }] };
      const error = { code: status, message, status: geminiStates[status] ?? 'INTERNAL', ...details };
      return { headers: {}, body: JSON.stringify({ error }) };
    }
    case 'converse': {
      const type = bedrockErrors[status] ?? 'InternalServerException';
      return { headers: { 'x-amzn-errortype': type }, body: JSON.stringify({ message }) };
    }
    default: {
      const milliseconds = retryAfter === undefined ? {} : { 'retry-after-ms': String(retryAfter * 1000) };
      const code = status === 429 ? 'rate_limit_exceeded' : null;
      const type = status === 429 ? 'requests' : status < 500 ? 'invalid_request_error' : 'server_error';
      const error = { message, type, param: null, code };
      return { headers: { ...wait, ...milliseconds }, body: JSON.stringify({ error }) };
    }
  }
}

/** Headers that tell of limits, on every answer of the providers that send them. @param now epoch milliseconds */
export function limitHeaders(dialect: Dialect, limits: LimitsLeft, now: number): Record<string, string> {
  const { requestsPerMinute, requestsLeft } = limits;
  const seconds = Math.ceil(((requestsPerMinute - requestsLeft) * 60) / requestsPerMinute);
  if (dialect === 'messages')
    return {
      'anthropic-ratelimit-requests-limit': String(requestsPerMinute),
      'anthropic-ratelimit-requests-remaining': String(requestsLeft),
      'anthropic-ratelimit-requests-reset': new Date(now + seconds * 1000).toISOString(),
    };
  if (dialect === 'gemini' || dialect === 'converse') return {};
  return {
    'x-ratelimit-limit-requests': String(requestsPerMinute),
    'x-ratelimit-remaining-requests': String(requestsLeft),
    'x-ratelimit-reset-requests': `${seconds}s`,
  };
}
