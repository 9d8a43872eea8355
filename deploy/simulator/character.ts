import type { Asked } from './asked.ts';
import type { Behaviour } from './behaviour.ts';
import { scattered } from './random.ts';
import type { LimitsLeft } from './refusal.ts';
import { answerQuantiles, atQuantile, readMs, scatter, writeMs } from './token-figures.ts';

/** What a provider is like. Shares are of its calls, 0 to 1. */
export interface Traits {
  /** 2: twice as fast as the figures. */
  speed?: number;
  /** Answered with 500, 503 or 529. */
  failures?: number;
  /** Streams that break off, and such that fall silent. */
  cuts?: number;
  stalls?: number;
  /** Answers with a call of a tool, where tools are offered. */
  toolCalls?: number;
  /** Prompts of which most is read from the cache. */
  cached?: number;
  /** More are answered with 429. */
  requestsPerMinute?: number;
}

const vocabulary =
  'the of and to in a is that for it as was with be by on not he this are or his from at which but have an they you'.split(
    ' ',
  );

/** Draws how calls are answered, by the figures and the traits. */
export class Character {
  readonly #traits: Traits;
  readonly #random: () => number;
  /** Requests that may be sent at once, refilled over a minute. */
  #allowance: number;
  #filledAt = 0;

  constructor(traits: Traits, random: () => number) {
    this.#traits = traits;
    this.#random = random;
    this.#allowance = traits.requestsPerMinute ?? Infinity;
  }

  /** @param now epoch milliseconds */
  behave(asked: Asked, now: number): Behaviour {
    const traits = this.#traits;
    if (!this.#mayAsk(now)) return { status: 429, retryAfter: Math.ceil(60 / (traits.requestsPerMinute ?? 60)) };
    const status = this.#draws(traits.failures) ? this.#failure(asked) : undefined;
    const promptTokens = Math.max(1, Math.ceil(asked.bytes / 4));
    const speed = traits.speed ?? 1;
    const words = this.#words(atQuantile(answerQuantiles, this.#random()));
    return {
      ...(status === undefined ? {} : { status }),
      firstMs: (readMs(promptTokens) * scattered(this.#random, scatter.read)) / speed,
      betweenMs: (writeMs * scattered(this.#random, scatter.write)) / speed,
      model: asked.model,
      words,
      promptTokens,
      cachedTokens: this.#draws(traits.cached) ? Math.floor(promptTokens * 0.8) : 0,
      ...(this.#draws(traits.cuts) ? { cutAfter: Math.ceil(words.length / 2) } : {}),
      ...(this.#draws(traits.stalls) ? { stallAfter: Math.ceil(words.length / 2) } : {}),
      ...(asked.body['tools'] !== undefined && this.#draws(traits.toolCalls) ? { tools: [lookUp] } : {}),
    };
  }

  /** @returns undefined where the provider tells no limits */
  limits(): LimitsLeft | undefined {
    const { requestsPerMinute } = this.#traits;
    if (requestsPerMinute === undefined) return undefined;
    return { requestsPerMinute, requestsLeft: Math.floor(this.#allowance) };
  }

  #mayAsk(now: number): boolean {
    const { requestsPerMinute } = this.#traits;
    if (requestsPerMinute === undefined) return true;
    const gained = ((now - this.#filledAt) * requestsPerMinute) / 60_000;
    this.#allowance = Math.min(requestsPerMinute, this.#allowance + gained);
    this.#filledAt = now;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }

  #draws(share: number | undefined): boolean {
    return share !== undefined && this.#random() < share;
  }

  #failure({ dialect }: Asked): number {
    return this.#random() < 0.5 ? 500 : dialect === 'messages' ? 529 : 503;
  }

  #words(count: number): string[] {
    return Array.from({ length: count }, (_, index) => {
      const word = vocabulary[Math.floor(this.#random() * vocabulary.length)] ?? 'the';
      return index === 0 ? word : ` ${word}`;
    });
  }
}

const lookUp = { name: 'look_up', arguments: '{"order":"A-1042"}' };
