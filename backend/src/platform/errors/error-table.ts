/**
 * The closed table of what can go wrong at the door of the service. Every `application/problem+json` answer carries one
 * of these codes; `title` is stable, `help` says what the reader can do. Add a row before you throw a new code.
 */
export const errorTable = {
  BAD_REQUEST: {
    status: 400,
    title: 'The request is not understood',
    help: 'Compare it with the example at /api/docs.',
  },
  VALIDATION_FAILED: {
    status: 400,
    title: 'The request does not match its schema',
    help: 'Correct the fields named in `errors`; the schema stands at /api/docs.',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'The caller is not known',
    help: 'Send a service token, an API key or an OIDC token as `Authorization: Bearer ...`.',
  },
  TOKEN_INVALID: {
    status: 401,
    title: 'The identity token was refused',
    help: 'Sign in to Grafana again. If it persists, check `identity.grafana` (URL and organisation) in the configuration.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'The caller may not do this',
    help: 'Ask an administrator for the permission named in the detail.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is no such thing',
    help: 'Check the address; the routes stand at /api/docs.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This address does not take that method',
    help: 'Use one of the methods in `Allow`; the routes stand at /api/docs.',
  },
  CONFLICT: {
    status: 409,
    title: 'The state has changed meanwhile',
    help: 'Load it again and repeat the step if it is still wanted.',
  },
  GONE: { status: 410, title: 'It has expired', help: 'Propose it again.' },
  TOO_LARGE: {
    status: 413,
    title: 'The request is too large',
    help: 'Split it, or raise `http.bodyLimitBytes` in the configuration.',
  },
  UNSUPPORTED_FORMAT: {
    status: 415,
    title: 'The format is not supported',
    help: 'Send one of the formats that the detail names.',
  },
  UNPROCESSABLE: {
    status: 422,
    title: 'The content cannot be processed',
    help: 'Correct what the detail names and send it again; nothing was kept.',
  },
  RATE_LIMITED: { status: 429, title: 'Too many requests', help: 'Wait for the seconds in `Retry-After`.' },
  CLIENT_CLOSED: {
    status: 499,
    title: 'The caller went away',
    help: 'Repeat the request if the answer is still wanted.',
  },
  INTERNAL: {
    status: 500,
    title: 'The service failed',
    help: 'Give the trace id to the administrators of Amadeus; it is in the logs.',
  },
  UPSTREAM_FAILED: {
    status: 502,
    title: 'A system that Amadeus depends on failed',
    help: 'The detail names it. Check its health, then repeat the request.',
  },
  UNAVAILABLE: {
    status: 503,
    title: 'The service cannot answer now',
    help: 'The detail names the store that is away. It recovers by itself when that store is back; repeat the request.',
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    title: 'A system that Amadeus depends on did not answer in time',
    help: 'The detail names it. Check its health and the network to it.',
  },
  QUERY_LIMIT: {
    status: 422,
    title: 'The query exceeds its guard',
    help: 'Ask for a shorter range or fewer dimensions, or raise `warehouse.guards` in the configuration.',
  },
  DISK_FULL: {
    status: 507,
    title: 'There is no room left to keep this',
    help: 'Free disk space where the detail says, then send it again; nothing of it was acknowledged.',
  },
} as const satisfies Record<string, { status: number; title: string; help: string }>;

export type ErrorCode = keyof typeof errorTable;
