import { inPieces, outputTokens, type Said, type ToolCall } from '../behaviour.ts';
import type { Speech } from './speech.ts';

/** Anthropic messages, version 2023-06-01. */
export const messages: Speech = {
  contentType: 'text/event-stream; charset=utf-8',
  whole: (asked, said) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: [
      ...(said.thoughts.length > 0
        ? [{ type: 'thinking', thinking: said.thoughts.join(''), signature: 'c2ltdWxhdGVk' }]
        : []),
      ...(said.words.length > 0 ? [{ type: 'text', text: said.words.join('') }] : []),
      ...said.tools.map((tool, index) => ({ ...toolUse(tool, index), input: JSON.parse(tool.arguments) as object })),
    ],
    stop_reason: stopReason(said),
    stop_sequence: null,
    usage: { ...promptUsage(said), output_tokens: outputTokens(said) },
  }),
  events: (asked, said) => {
    const event = (type: string, rest: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
    const usage = said.withoutUsage ? {} : { usage: { ...promptUsage(said), output_tokens: 1 } };
    const head = { id: 'msg_1', type: 'message', role: 'assistant', model: asked.model, content: [] };
    const message = { ...head, stop_reason: null, stop_sequence: null, ...usage };
    const blocks = blocksOf(said).flatMap(({ block, deltas }, index) => [
      event('content_block_start', { index, content_block: block }),
      ...deltas.map((delta) => event('content_block_delta', { index, delta })),
      event('content_block_stop', { index }),
    ]);
    return [
      event('message_start', { message }),
      event('ping', {}),
      ...blocks,
      event('message_delta', {
        delta: { stop_reason: stopReason(said), stop_sequence: null },
        ...(said.withoutUsage ? {} : { usage: { output_tokens: outputTokens(said) } }),
      }),
      event('message_stop', {}),
    ];
  },
};

function blocksOf(said: Said): { block: object; deltas: object[] }[] {
  const thinking = {
    block: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...said.thoughts.map((thought) => ({ type: 'thinking_delta', thinking: thought })),
      { type: 'signature_delta', signature: 'c2ltdWxhdGVk' },
    ],
  };
  const text = {
    block: { type: 'text', text: '' },
    deltas: said.words.map((word) => ({ type: 'text_delta', text: word })),
  };
  const calls = said.tools.map((tool, index) => ({
    block: { ...toolUse(tool, index), input: {} },
    deltas: inPieces(tool.arguments).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  }));
  return [...(said.thoughts.length > 0 ? [thinking] : []), ...(said.words.length > 0 ? [text] : []), ...calls];
}

function toolUse(tool: ToolCall, index: number): object {
  return { type: 'tool_use', id: `toolu_${index + 1}`, name: tool.name };
}

function stopReason({ tools, isCutShort }: Said): string {
  return tools.length > 0 ? 'tool_use' : isCutShort ? 'max_tokens' : 'end_turn';
}

function promptUsage({ promptTokens, cachedTokens }: Said): object {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
  };
}
