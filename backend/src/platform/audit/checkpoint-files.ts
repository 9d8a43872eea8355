import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from './checkpoint.ts';

const tenantShape = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * The Ed25519 key that signs checkpoints: `audit-key.pem` (mode 0600) in the directory, made on first use. Safe to call
 * from several processes at once.
 */
export function ensureSigningKey(directory: string): KeyObject {
  const path = join(directory, 'audit-key.pem');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    return createPrivateKey(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return createPrivateKey(readFileSync(path));
}

/** Puts the public half beside the checkpoints, under the key's id. Keep a copy elsewhere, it is what a verifier trusts. */
export async function writePublicKey(directory: string, key: KeyObject, keyId: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `public-${keyId}.pem`);
  writeFileSync(path, createPublicKey(key).export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
  return path;
}

/** Appends durably. What a crash left of an unfinished line is cut off first. */
export async function appendCheckpoint(directory: string, checkpoint: Checkpoint): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = checkpointPath(directory, checkpoint.tenant);
  const file = await open(path, 'a+', 0o600);
  try {
    const kept = (await file.readFile('utf8')).lastIndexOf('\n') + 1;
    await file.truncate(kept);
    await file.appendFile(`${JSON.stringify(checkpoint)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Checkpoints of a tenant in the order in which they were written; none where there is no file. */
export async function readCheckpoints(directory: string, tenant: string): Promise<Checkpoint[]> {
  let text: string;
  try {
    text = await readFile(checkpointPath(directory, tenant), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Checkpoint);
}

/** Public keys that lie beside the checkpoints. */
export function publicKeysIn(directory: string): KeyObject[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.pem') && name.startsWith('public-'))
    .map((name) => createPublicKey(readFileSync(join(directory, name))));
}

function checkpointPath(directory: string, tenant: string): string {
  if (!tenantShape.test(tenant)) throw new Error(`the tenant ${JSON.stringify(tenant)} cannot name a file`);
  return join(directory, `${tenant}.ndjson`);
}
