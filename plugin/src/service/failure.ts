/** What went wrong between a page and the service, so that the page can say what to do. */
export type FailureKind =
  'not-configured' | 'service-down' | 'token-refused' | 'no-permission' | 'store-away' | 'failed';

export interface ServiceFailure {
  kind: FailureKind;
  title?: string;
  detail?: string;
  help?: string;
  traceId?: string;
  status: number;
}

/** A failure on its way to whoever shows it. */
export class ServiceError extends Error {
  readonly failure: ServiceFailure;

  constructor(failure: ServiceFailure) {
    super(failure.detail ?? failure.title ?? failure.kind);
    this.failure = failure;
  }
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  help?: string;
  traceId?: string;
}

/** Reads what Grafana's `fetch` throws: an answer of the service, of Grafana's proxy, or no answer at all. */
export function toFailure(error: unknown): ServiceFailure {
  if (error instanceof ServiceError) return error.failure;
  const { status = 0, data } = isFetchError(error) ? error : {};
  const problem = isProblem(data) ? data : undefined;
  const told = {
    status,
    ...(problem?.title ? { title: problem.title } : {}),
    ...(problem?.detail ? { detail: problem.detail } : {}),
    ...(problem?.help ? { help: problem.help } : {}),
    ...(problem?.traceId ? { traceId: problem.traceId } : {}),
  };
  return { ...told, kind: kindOf(status, problem) };
}

function kindOf(status: number, problem: Problem | undefined): FailureKind {
  if (problem?.code === undefined) {
    // Grafana's own answers carry no code: 502 and 504 when it cannot reach the service, 500 when it does not know where it is.
    if (status === 401) return 'token-refused';
    return status === 0 || status === 502 || status === 504 || status === 500 ? 'service-down' : 'failed';
  }
  if (problem.code === 'UNAUTHENTICATED' || problem.code === 'TOKEN_INVALID') return 'token-refused';
  if (problem.code === 'FORBIDDEN') return 'no-permission';
  if (problem.code === 'UNAVAILABLE') return 'store-away';
  return 'failed';
}

function isFetchError(value: unknown): value is { status?: number; data?: unknown } {
  return typeof value === 'object' && value !== null && 'status' in value;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null;
}
