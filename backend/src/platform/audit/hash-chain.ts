import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import type { AuditEntry, AuditEvent } from './contract.ts';
import { recordable, recordableText } from './recordable.ts';

/** What the first entry of a chain follows. */
export const genesisHash = '0'.repeat(64);

/** Where a chain ends. */
export interface ChainHead {
  sequence: number;
  hash: string;
}

/** An entry whose hash has been computed, with the text that was hashed. */
export interface LinkedEntry {
  body: string;
  sequence: number;
  hash: string;
  previousHash: string;
}

/** The next entry of a chain: cleaned of secrets, written canonically, linked to the one before. */
export function linkEntry(event: AuditEvent, head: ChainHead, at: Date): LinkedEntry {
  const fields: Record<string, JsonValue | undefined> = {
    tenant: event.tenant,
    sequence: head.sequence + 1,
    at: at.toISOString(),
    actor: { id: recordableText(event.actor.id), name: recordableText(event.actor.name) },
    action: recordableText(event.action),
    target: recordableText(event.target),
    reason: event.reason === undefined ? undefined : recordableText(event.reason),
    before: recordable(event.before),
    after: recordable(event.after),
    traceId: event.traceId === undefined ? undefined : recordableText(event.traceId),
  };
  const present = Object.entries(fields).filter((field): field is [string, JsonValue] => field[1] !== undefined);
  const body = canonicalJson(Object.fromEntries(present));
  return { body, sequence: head.sequence + 1, previousHash: head.hash, hash: hashOf(head.hash, body) };
}

/** SHA-256 over the hash of the entry before, a line feed, and the canonical JSON of the entry; hex. */
export function hashOf(previousHash: string, body: string): string {
  return createHash('sha256').update(`${previousHash}\n${body}`).digest('hex');
}

/** The text of which an entry's hash is made: everything in it but its own place in the chain. */
export function bodyOf(entry: AuditEntry): string {
  const { hash: _hash, previousHash: _previous, ...fields } = entry;
  return canonicalJson(fields as unknown as JsonValue);
}
