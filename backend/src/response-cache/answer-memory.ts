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
}

/** What an answer weighs beside its text. */
const overhead = 1_000;

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
    while (this.#bytes > this.#most) this.drop(this.#answers.keys().next().value!);
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
}

function bytesOf({ body, stream = '' }: KeptAnswer): number {
  return overhead + 2 * (body.length + stream.length);
}
