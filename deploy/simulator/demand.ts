import { setTimeout as delay } from 'node:timers/promises';
import { seeded } from './random.ts';
import { atQuantile, promptQuantiles } from './token-figures.ts';

/** An application that calls a gateway. */
export interface Caller {
  /** Key that it calls with. */
  secret: string;
  /** What it asks for, and by which API. */
  model: string;
  dialect: 'chat' | 'messages' | 'embeddings';
  perMinute: number;
  /** Shares of its calls: as streams; with a question that was asked before. */
  streamed?: number;
  repeated?: number;
  feature?: string;
  customers?: readonly string[];
}

const paths = { chat: '/v1/chat/completions', messages: '/v1/messages', embeddings: '/v1/embeddings' } as const;
const mostInFlight = 16;
const longestMs = 120_000;
const longestPrompt = 4000;
const questions = [
  'Where is my order?',
  'How do I return a pair of shoes?',
  'Which jacket is warm enough for Seoul in January?',
  'Summarise the reviews of this lamp.',
  'Translate the description into Korean.',
  'Is the blue one in stock?',
];
const filler = 'A customer wrote about size, colour, delivery, and what they hoped the thing would be like. ';

/** Sends calls as applications do, each at its own pace (a Poisson process), until it is stopped. */
export class Demand {
  readonly #gateway: string;
  readonly #stop = new AbortController();
  readonly #random: () => number;
  #inFlight = 0;

  constructor(gateway: string, seed: number) {
    this.#gateway = gateway;
    this.#random = seeded(seed);
  }

  start(callers: readonly Caller[]): void {
    for (const caller of callers) void this.#keepCalling(caller).catch(() => undefined);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #keepCalling(caller: Caller): Promise<void> {
    for (;;) {
      const gapMs = (-Math.log(1 - this.#random()) * 60_000) / caller.perMinute;
      await delay(gapMs, undefined, { signal: this.#stop.signal });
      if (this.#inFlight >= mostInFlight) continue;
      this.#inFlight += 1;
      void this.#call(caller).finally(() => {
        this.#inFlight -= 1;
      });
    }
  }

  async #call(caller: Caller): Promise<void> {
    try {
      const answer = await fetch(this.#gateway + paths[caller.dialect], {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${caller.secret}`,
          ...(caller.feature === undefined ? {} : { 'x-amadeus-feature': caller.feature }),
          ...this.#customerOf(caller),
        },
        body: JSON.stringify(this.#bodyOf(caller)),
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(longestMs)]),
      });
      for await (const _piece of answer.body ?? []);
    } catch {
      // A call that failed is what the gateway's own pages tell of.
    }
  }

  #customerOf({ customers = [] }: Caller): Record<string, string> {
    const customer = customers[Math.floor(this.#random() * customers.length)];
    return customer === undefined ? {} : { 'x-amadeus-customer': customer };
  }

  #bodyOf(caller: Caller): object {
    const question = questions[Math.floor(this.#random() * questions.length)] ?? '';
    const prompt = this.#random() < (caller.repeated ?? 0) ? question : this.#longer(question);
    if (caller.dialect === 'embeddings') return { model: caller.model, input: prompt };
    const stream = this.#random() < (caller.streamed ?? 0);
    return {
      model: caller.model,
      ...(stream ? { stream } : {}),
      max_tokens: 400,
      messages: [{ role: 'user', content: prompt }],
    };
  }

  #longer(question: string): string {
    const tokens = Math.min(longestPrompt, atQuantile(promptQuantiles, this.#random()));
    const ticket = Math.floor(this.#random() * 1e6);
    return `Ticket ${ticket}. ${filler.repeat(Math.ceil((tokens * 4) / filler.length))}${question}`;
  }
}
