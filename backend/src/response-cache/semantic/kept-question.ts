/** A question whose answer is kept. */
export interface KeptQuestion {
  /** Of the entry, hexadecimal. */
  entry: string;
  tenant: string;
  policy: string;
  text: string;
  /** Of a provider of embeddings; empty where questions are compared by their words. */
  vector: Float32Array;
}

export interface Similar {
  question: KeptQuestion;
  similarity: number;
}
