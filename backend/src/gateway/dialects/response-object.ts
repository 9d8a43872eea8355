import { readChatUsage } from './chat-pieces.ts';
import type { Json } from './json.ts';

/** Text as a part of what a response says. */
export function textPart(text: string): Json {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
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
  /** Absent while the stream goes on. */
  finishReason?: string;
  usage?: unknown;
}): Json {
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
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    usage: parts.usage === undefined || parts.usage === null ? null : usage,
  };
}
