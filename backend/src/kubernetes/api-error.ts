import { AppError, type ErrorCode } from '../platform/errors/index.ts';

/** The API's own account of a failure: a `Status` object. */
export interface ApiStatus {
  message?: string;
  reason?: string;
  code?: number;
  details?: { retryAfterSeconds?: number };
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_REQUEST',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'CONFLICT',
  410: 'GONE',
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED_FORMAT',
  422: 'UNPROCESSABLE',
  429: 'RATE_LIMITED',
  504: 'UPSTREAM_TIMEOUT',
};

/** What an answer of the API server with an error status means here. */
export function apiError(cluster: string, what: string, httpStatus: number, status: ApiStatus): AppError {
  const said = status.message?.slice(0, 600) ?? `HTTP ${httpStatus}`;
  const help = helpFor(httpStatus, cluster);
  return new AppError(codes[httpStatus] ?? 'UPSTREAM_FAILED', `The cluster ${cluster} refused ${what}: ${said}`, {
    ...(help === undefined ? {} : { help }),
    extra: { httpStatus, ...(status.reason === undefined ? {} : { reason: status.reason }) },
  });
}

function helpFor(httpStatus: number, cluster: string): string | undefined {
  switch (httpStatus) {
    case 401:
      return `Renew the credentials of ${cluster} under kubernetes.clusters in the configuration.`;
    case 403:
      return `Grant it with deploy/rbac (observe.yaml to read, scale.yaml and heal.yaml to act), or make room where a quota is named.`;
    case 404:
      return 'The object is gone, or its kind is not installed in that cluster.';
    case 409:
      return 'It has changed meanwhile, or another manager holds that field. It is read again and judged anew.';
    default:
      return undefined;
  }
}
