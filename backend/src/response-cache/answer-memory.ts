/** An answer that is kept, as it is given. */
export interface KeptAnswer {
  tenant: string;
  policy: string;
  tags: readonly string[];
  /** Milliseconds since the epoch. */
  createdAt: number;
  expiresAt: number;
  /** JSON text of the whole answer, or of one embedding. */
  body: string;
  /** Its stream, once somebody asked for it. */
  stream?: string;
  provider: string;
  route: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  /** The store was not given it: it is once somebody asks for it again. */
  isHereOnly?: boolean;
  /** Nobody looked yet whether it holds personal data: it is given to none before that. */
  isUnseen?: boolean;
}

/** What an answer weighs beside its text. */
const overhead = 1_000;
/** Is free after something had to go. */
const spareShare = 0.01;

/** Answers in memory, up to so many bytes; the ones that were not used for longest go first. */
export class AnswerMemory {
  readonly #most: number;
  readonly #answers = new Map<string, KeptAnswer>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#answers.size;
  }

  get(key: string): KeptAnswer | undefined {
    const answer = this.#answers.get(key);
    if (!answer) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    return answer;
  }

  put(key: string, answer: KeptAnswer): void {
    this.drop(key);
    const bytes = bytesOf(answer);
    if (bytes > this.#most) return;
    this.#answers.set(key, answer);
    this.#bytes += bytes;
    if (this.#bytes > this.#most) this.#shrink();
  }

  /** The stream weighs as well. */
  addStream(key: string, stream: string): void {
    const answer = this.#answers.get(key);
    if (answer) this.put(key, { ...answer, stream });
  }

  drop(key: string): void {
    const answer = this.#answers.get(key);
    if (!answer) return;
    this.#answers.delete(key);
    this.#bytes -= bytesOf(answer);
  }

  entries(): Iterable<[string, KeptAnswer]> {
    return this.#answers.entries();
  }

  /** Some more than must go, for one look at what is oldest takes its time: it passes all that went before. */
  #shrink(): void {
    for (const key of this.#answers.keys()) {
      if (this.#bytes <= this.#most * (1 - spareShare)) return;
      this.drop(key);
    }
  }
}

function bytesOf({ body, stream = '' }: KeptAnswer): number {
  return overhead + 2 * (body.length + stream.length);
}
