import type { CallSink, LayerTools, PlannedCall } from '../gateway/index.ts';
import type { AnswerBook } from './answer-book.ts';
import type { CacheRules } from './answer-key.ts';
import type { CacheWish } from './cache-wish.ts';
import type { Json } from './forms/answer-form.ts';
import type { SemanticCache } from './semantic/semantic-cache.ts';

export type CacheKind = 'exact' | 'semantic' | 'embedding';

export interface CacheParts {
  book: AnswerBook;
  semantic: SemanticCache;
  tools: LayerTools;
  /** Whether there is personal data in a body. */
  isPersonal(body: Json): boolean;
  now(): number;
  random(): number;
  /** A call under a cache. @param kind which cache answered; undefined: none */
  onCall(call: PlannedCall, kind: CacheKind | undefined): void;
  /** A hit was free of so much. */
  onSaved(call: PlannedCall, amount: string, currency: string): void;
  /** The cache failed beside the call, which goes on. */
  onFault(error: unknown): void;
}

/** A call under a policy with a cache. */
export interface CachedCall extends PlannedCall {
  rules: CacheRules;
  wish: CacheWish;
  sink: CallSink;
  startedAt: number;
}
