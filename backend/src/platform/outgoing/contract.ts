export interface OutgoingRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Milliseconds for the whole call, every try included. */
  timeoutMs?: number;
  /** Tries in all; more than 1 only where repeating is safe. Default: 3 for GET, 1 otherwise. */
  attempts?: number;
  /** Bytes of the answer after which the call fails. Default 32 MiB. */
  maxBytes?: number;
  signal?: AbortSignal;
}

export interface OutgoingResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** Tries made, the successful one included. */
  attempts?: number;
}

/**
 * Every call that leaves the service: timeout, retry with jitter, a circuit breaker per host, an allow-list against SSRF
 * (literal and resolved private addresses are refused unless listed), W3C trace context. Throws AppError UPSTREAM_FAILED,
 * UPSTREAM_TIMEOUT or FORBIDDEN (address not allowed), each with `extra.attempts`; HTTP error statuses are returned, not
 * thrown.
 */
export interface Outgoing {
  request(url: string, request?: OutgoingRequest): Promise<OutgoingResponse>;
}
