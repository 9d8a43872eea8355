import type { KeyObject } from 'node:crypto';
import { seal } from '../platform/sealing/index.ts';
import type { KeptAnswer } from './answer-memory.ts';
import type { StoredEntry } from './entry-repository.ts';

/** An answer that is to be kept. */
export interface NewAnswer {
  /** Digest of what it depends on, hexadecimal. */
  name: string;
  kind: 'answer' | 'embedding';
  answer: KeptAnswer;
  /** Of an answer that can be found by meaning; its context is hexadecimal. */
  question?: { context: string; text: string; vector: Float32Array };
  /** Whether there is personal data in it or in what was asked; absent where that is known, or does not matter. */
  isPersonal?(): boolean;
  /** Whoever asks again can tell as well. */
  isSeenLater?: boolean;
}

/** A tenant's key, for whoever seals. */
export interface EntryKey {
  id: string;
  secret: KeyObject;
}

/** The answer as the store keeps it. */
export function sealedEntry({ name, kind, answer, question }: NewAnswer, { id, secret }: EntryKey): StoredEntry {
  const { tenant, policy, tags } = answer;
  const { stream: _, isHereOnly: __, isUnseen: ___, ...kept } = answer;
  return {
    ...{ key: Buffer.from(name, 'hex'), kind, tenant, policy, tags, keyId: id },
    sealed: seal(secret, Buffer.from(JSON.stringify(kept)), aboutAnswer(tenant, name)),
    context: question ? Buffer.from(question.context, 'hex') : null,
    sealedQuestion: question ? seal(secret, questionBytes(question), aboutQuestion(tenant, name)) : null,
    createdAt: new Date(answer.createdAt),
    expiresAt: new Date(answer.expiresAt),
  };
}

/** What an answer is sealed for. */
export function aboutAnswer(tenant: string, name: string): string {
  return JSON.stringify(['answer', tenant, name]);
}

/** What a question is sealed for. */
export function aboutQuestion(tenant: string, name: string): string {
  return JSON.stringify(['question', tenant, name]);
}

/** Four bytes with the length of the vector, the vector, the text. */
function questionBytes({ text, vector }: { text: string; vector: Float32Array }): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(vector.length);
  return Buffer.concat([length, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength), Buffer.from(text)]);
}

/** The question that was sealed with an entry. */
export function readQuestion(bytes: Buffer): { text: string; vector: Float32Array } {
  const length = bytes.readUInt32LE(0);
  const end = 4 + 4 * length;
  return {
    vector: Float32Array.from({ length }, (_, at) => bytes.readFloatLE(4 + 4 * at)),
    text: bytes.subarray(end).toString('utf8'),
  };
}
