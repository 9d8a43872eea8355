import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';

const cipher = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** A key of 256 random bits. */
export function newKey(): Buffer {
  return randomBytes(keyBytes);
}

/** The key that seals tenants' keys. */
export function sealingKey(secret: string): KeyObject {
  return readyKey(Buffer.from(hkdfSync('sha256', secret, '', 'amadeus tenant keys', keyBytes)));
}

/** Made once for each key: to read the bytes anew takes longer than to seal an answer. */
export function readyKey(key: Buffer): KeyObject {
  return createSecretKey(key);
}

/**
 * AES-256-GCM with a random nonce: nonce, tag, text.
 * @param about what the text belongs to; it is opened for the same only
 */
export function seal(key: KeyObject, text: Buffer, about: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(about));
  const sealed = [sealing.update(text), sealing.final()];
  return Buffer.concat([nonce, sealing.getAuthTag(), ...sealed]);
}

/** @throws Error where it was sealed with another key, for something else, or was changed */
export function unseal(key: KeyObject, sealed: Buffer, about: string): Buffer {
  const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes)).setAAD(Buffer.from(about));
  opening.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([opening.update(sealed.subarray(nonceBytes + tagBytes)), opening.final()]);
}
