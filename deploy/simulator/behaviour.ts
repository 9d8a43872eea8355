export interface ToolCall {
  name: string;
  /** JSON. */
  arguments: string;
}

/** How one call is answered. */
export interface Behaviour {
  /** Refuses with this status instead. */
  status?: number;
  /** Seconds, in the headers and the body of a refusal. */
  retryAfter?: number;
  /** Milliseconds before the first byte, and between the events of a stream. */
  firstMs?: number;
  betweenMs?: number;
  /** Breaks the connection after so many events of a stream; of a whole answer, in its middle. */
  cutAfter?: number;
  /** Says nothing more after so many events of a stream, and keeps the connection; 0: not even the head. */
  stallAfter?: number;
  /** Holds a stream after so many events until the promise is kept. */
  holdAfter?: number;
  until?: Promise<void>;
  /** What is said, a token each. */
  words?: string[];
  /** What is thought before. */
  thoughts?: string[];
  /** Streams without a word about usage. */
  withoutUsage?: boolean;
  /** Answers with calls of tools after the words. */
  tools?: ToolCall[];
  /** Tokens of the prompt, of which read from the cache. */
  promptTokens?: number;
  cachedTokens?: number;
  /** Writes pieces of so many bytes, wherever that cuts. */
  pieceBytes?: number;
  /** Model that it says it is. */
  model?: string;
}

/** What an answer says, nothing left open. */
export interface Said {
  /** Absent: `-2026` after the name that was asked for. */
  model: string | undefined;
  words: readonly string[];
  thoughts: readonly string[];
  tools: readonly ToolCall[];
  withoutUsage: boolean;
  promptTokens: number;
  cachedTokens: number;
  /** The bound of the caller ended it. */
  isCutShort: boolean;
}

export function saidBy(behaviour: Behaviour, maxTokens: number | undefined): Said {
  const { words = ['Hello', ' wide', ' world'], thoughts = [], tools = [] } = behaviour;
  const most = maxTokens ?? Infinity;
  return {
    model: behaviour.model,
    words: tools.length > 0 && behaviour.words === undefined ? [] : words.slice(0, most),
    thoughts,
    tools,
    withoutUsage: behaviour.withoutUsage ?? false,
    promptTokens: behaviour.promptTokens ?? 1000,
    cachedTokens: behaviour.cachedTokens ?? 400,
    isCutShort: words.length > most,
  };
}

/** Tokens of the answer: a word each, and of calls of tools one in four characters. */
export function outputTokens({ words, thoughts, tools }: Said): number {
  const called = tools.reduce((sum, tool) => sum + Math.ceil(tool.arguments.length / 4), 0);
  return words.length + thoughts.length + called;
}

/** A text in pieces, as models write the arguments of tools. */
export function inPieces(text: string, most = 4): string[] {
  const size = Math.max(1, Math.ceil(text.length / most));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}
