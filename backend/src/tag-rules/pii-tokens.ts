import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '../platform/errors/index.ts';

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
/** Consonants: a token is never a word, nor taken for a number. */
const letters = 'bcdfghjklmnpqrstvwxz';
const tokenLetters = 20;
const cipher = 'aes-256-gcm';

/** The same thing always gets the same token, and nobody without the key can tell the thing from the token. */
export function tokenOf(key: Buffer, kind: string, thing: string): string {
  const digest = createHmac('sha256', key).update(`${kind}\0${thing}`).digest();
  let number = BigInt(`0x${digest.toString('hex')}`);
  let token = '';
  while (token.length < tokenLetters) {
    token += letters[Number(number % BigInt(letters.length))];
    number /= BigInt(letters.length);
  }
  return `${kind}_${token}`;
}

/** Whether the whole text is a token or a mask already. */
export function isProtected(text: string): boolean {
  return /^(?:[a-zA-Z]{2,20}_[bcdfghjklmnpqrstvwxz]{20}|\[[a-zA-Z]{2,20}\])$/.test(text);
}

export function newTokenKey(): Buffer {
  return randomBytes(keyBytes);
}

/** A tenant's key as it may be kept. */
export function sealKey(secret: string, tenant: string, key: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const sealing = createCipheriv(cipher, sealOf(secret), iv).setAAD(Buffer.from(tenant));
  const sealed = Buffer.concat([sealing.update(key), sealing.final()]);
  return Buffer.concat([iv, sealing.getAuthTag(), sealed]);
}

/** @throws AppError UNAVAILABLE where it was sealed by another secret: nothing may be kept unprotected then */
export function openKey(secret: string, tenant: string, sealed: Buffer): Buffer {
  const opening = createDecipheriv(cipher, sealOf(secret), sealed.subarray(0, ivBytes)).setAAD(Buffer.from(tenant));
  opening.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([opening.update(sealed.subarray(ivBytes + tagBytes)), opening.final()]);
  } catch (error) {
    throw new AppError(
      'UNAVAILABLE',
      'The key of the tokens for personal data cannot be opened; nothing is taken in.',
      {
        cause: error,
        help: 'Set `tagRules.tokenKey` (AMADEUS_TAG_RULES_TOKEN_KEY) to what it was when the first bill was protected, the same for every process.',
      },
    );
  }
}

function sealOf(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'amadeus tag tokens', keyBytes));
}
