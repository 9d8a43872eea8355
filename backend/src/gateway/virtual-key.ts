import { hash, randomBytes } from 'node:crypto';
import type { CallHeaders } from './call-facts.ts';

/** A key that an application calls the gateway with, and whom its calls belong to. */
export interface VirtualKey {
  id: string;
  name: string;
  tenant: string;
  /** Region of the installation in which its usage is kept. */
  region: string;
  team?: string;
  product?: string;
  customer?: string;
  feature?: string;
  environment?: string;
  /** Models it may ask for; `*` at the end stands for anything. */
  models: readonly string[];
  /** ISO 8601; absent: it does not end by itself. */
  expiresAt?: string;
}

const prefix = 'amk_';
const pattern = /^amk_[A-Za-z0-9_-]{43}$/;

/** @returns a new secret of 256 random bits, told once, and what is kept of it. */
export function newSecret(): { secret: string; hash: string; hint: string } {
  const secret = prefix + randomBytes(32).toString('base64url');
  return { secret, hash: hashOf(secret), hint: `${secret.slice(0, 8)}…${secret.slice(-4)}` };
}

/** SHA-256, hexadecimal: the secret is random, so that no salt is needed and a look-up by hash is safe. */
export function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** @returns what a call carries as its secret, where the SDKs of OpenAI and Anthropic put it; undefined where there is nothing. */
export function secretOf(headers: CallHeaders): string | undefined {
  const { authorization, 'x-api-key': apiKey, 'api-key': azureKey } = headers;
  const bearer = typeof authorization === 'string' ? /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] : undefined;
  return bearer ?? (typeof apiKey === 'string' ? apiKey : typeof azureKey === 'string' ? azureKey : undefined);
}

/** Whether a secret looks like one that `newSecret` made. */
export function isSecret(text: string): boolean {
  return pattern.test(text);
}

export function mayAskFor(key: Pick<VirtualKey, 'models'>, model: string): boolean {
  return key.models.some((one) => (one.endsWith('*') ? model.startsWith(one.slice(0, -1)) : model === one));
}
