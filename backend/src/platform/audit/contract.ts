import type { Store } from '../store/index.ts';

/** One line of the audit log. `before` and `after` never hold a secret or the text of a prompt. */
export interface AuditEvent {
  tenant: string;
  /** Caller id and name at that time. */
  actor: { id: string; name: string };
  /** Verb in the past tense with its noun, e.g. `change.approved`, `route.refused`, `apikey.created`. */
  action: string;
  /** What it was done to, e.g. `change:41`. */
  target: string;
  reason?: string;
  before?: unknown;
  after?: unknown;
  traceId?: string;
}

export interface AuditEntry extends AuditEvent {
  sequence: number;
  at: string;
  /** SHA-256 over the previous hash and this entry's canonical JSON, hex. */
  hash: string;
  previousHash: string;
}

export interface Audit {
  /** Appends durably. Joins `tx` where one is given, so that an act and its record stand or fall together. */
  record(event: AuditEvent, tx?: Store): Promise<void>;
  list(query: {
    tenant: string;
    action?: string;
    target?: string;
    actor?: string;
    from?: Date;
    to?: Date;
    before?: number;
    limit: number;
  }): Promise<AuditEntry[]>;
}
