import { readChatUsage } from './chat-pieces.ts';
import type { Json } from './json.ts';

/** Text as a part of what a response says. */
export function textPart(text: string): Json {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

/** What the model thought, as a part of an item. */
export function thoughtPart(text: string): Json {
  return { type: 'reasoning_text', text };
}

export function thoughtItem(id: string, status: string, content: readonly Json[]): Json {
  return { id, type: 'reasoning', status, summary: [], content };
}

export function messageItem(id: string, status: string, content: readonly Json[]): Json {
  return { id, type: 'message', status, role: 'assistant', content };
}

export function callItem(callId: string, name: string, told: string, status: string): Json {
  return { id: `fc_${callId}`, type: 'function_call', status, call_id: callId, name, arguments: told };
}

export function responseObject(parts: {
  id: string;
  created: number;
  model: unknown;
  output: readonly Json[];
  /** What the caller asked: a response repeats its settings. What may name somebody it does not, for answers are kept and shared. */
  asked: Json;
  /** Absent while the stream goes on. */
  finishReason?: string;
  usage?: unknown;
}): Json {
  const { asked } = parts;
  const isCut = parts.finishReason === 'length' || parts.finishReason === 'content_filter';
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = readChatUsage(parts.usage);
  const usage = {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
  return {
    id: parts.id,
    object: 'response',
    created_at: parts.created,
    status: parts.finishReason === undefined ? 'in_progress' : isCut ? 'incomplete' : 'completed',
    incomplete_details: isCut
      ? { reason: parts.finishReason === 'length' ? 'max_output_tokens' : 'content_filter' }
      : null,
    error: null,
    model: parts.model,
    output: parts.output,
    max_output_tokens: asked['max_output_tokens'] ?? null,
    parallel_tool_calls: asked['parallel_tool_calls'] ?? true,
    reasoning: asked['reasoning'] ?? null,
    temperature: asked['temperature'] ?? null,
    text: asked['text'] ?? { format: { type: 'text' } },
    tool_choice: asked['tool_choice'] ?? 'auto',
    tools: asked['tools'] ?? [],
    top_p: asked['top_p'] ?? null,
    usage: parts.usage === undefined || parts.usage === null ? null : usage,
  };
}
