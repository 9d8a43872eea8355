import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** A signed word on where a chain stood. Kept apart from the log, so that whoever can change one cannot change both. */
export interface Checkpoint {
  version: 1;
  tenant: string;
  /** Counts the checkpoints of a tenant from 1, so that a missing one is seen. */
  number: number;
  /** `retention`: entries up to `sequence` may be gone, they were older than the log is kept. */
  kind: 'position' | 'retention';
  sequence: number;
  hash: string;
  at: string;
  /** First 16 hex digits of the SHA-256 of the public key. */
  keyId: string;
  /** Ed25519 over the canonical JSON of everything else; base64. */
  signature: string;
}

export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

export function signCheckpoint(draft: Omit<Checkpoint, 'version' | 'keyId' | 'signature'>, key: KeyObject): Checkpoint {
  const unsigned = { version: 1 as const, ...draft, keyId: keyIdOf(key) };
  return { ...unsigned, signature: sign(null, Buffer.from(canonicalJson(unsigned)), key).toString('base64') };
}

/** Whether one of the keys signed it. */
export function isSigned(checkpoint: Checkpoint, keys: readonly KeyObject[]): boolean {
  const { signature, ...unsigned } = checkpoint;
  const key = keys.find((each) => keyIdOf(each) === checkpoint.keyId);
  if (!key || typeof signature !== 'string') return false;
  return verify(null, Buffer.from(canonicalJson({ ...unsigned })), key, Buffer.from(signature, 'base64'));
}
