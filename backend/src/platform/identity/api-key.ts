import { createHash } from 'node:crypto';
import type { Permission, Scope } from './contract.ts';

/** An API key as it may be shown: everything but its secret. */
export interface ApiKey {
  /** `ak_` and twelve characters; the part before the secret. */
  id: string;
  tenant: string;
  name: string;
  permissions: readonly Permission[];
  scope: Scope;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt?: Date;
  rotatedAt?: Date;
  /** Until then the secret before the last rotation is taken, too. */
  previousExpiresAt?: Date;
  revokedAt?: Date;
}

export type ApiKeyState = 'active' | 'expired' | 'revoked';

const shape = /^(ak_[a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Id and secret of a key as a program sends it; undefined where it is none. */
export function parseApiKey(text: string): { id: string; secret: string } | undefined {
  const match = shape.exec(text);
  return match ? { id: match[1]!, secret: match[2]! } : undefined;
}

export function formatApiKey(id: string, secret: string): string {
  return `${id}_${secret}`;
}

/** A key's id out of 12 random bytes. */
export function apiKeyId(random: Uint8Array): string {
  if (random.length !== 12) throw new Error('an API key id is made of 12 bytes');
  return `ak_${[...random].map((byte) => alphabet[byte % alphabet.length]).join('')}`;
}

/**
 * What is kept of a secret. One SHA-256 is enough: the secret is 256 random bits, so that nobody finds it by guessing,
 * which slow hashes are for.
 */
export function hashApiKeySecret(secret: string): Buffer {
  return createHash('sha256').update(`amadeus api key\n${secret}`).digest();
}

export function apiKeyState(key: Pick<ApiKey, 'expiresAt' | 'revokedAt'>, now: Date): ApiKeyState {
  if (key.revokedAt) return 'revoked';
  return key.expiresAt.getTime() <= now.getTime() ? 'expired' : 'active';
}
