import type { Asked } from '../asked.ts';
import { inPieces, outputTokens, type Said, type ToolCall } from '../behaviour.ts';
import type { Speech } from './speech.ts';

/** OpenAI chat completions. */
export const chat: Speech = {
  contentType: 'text/event-stream; charset=utf-8',
  whole: (asked, said) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: answeredBy(asked, said),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: said.words.length === 0 && said.tools.length > 0 ? null : said.words.join(''),
          ...(said.thoughts.length > 0 ? { reasoning_content: said.thoughts.join('') } : {}),
          ...(said.tools.length > 0 ? { tool_calls: said.tools.map(toolCall) } : {}),
        },
        logprobs: null,
        finish_reason: finishReason(said),
      },
    ],
    usage: usage(said),
    service_tier: 'default',
  }),
  events: (asked, said) => {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: answeredBy(asked, said) };
    const chunk = (rest: object): string => `data: ${JSON.stringify({ ...head, ...rest })}\n\n`;
    const delta = (value: object, finish: string | null = null): string =>
      chunk({ choices: [{ index: 0, delta: value, finish_reason: finish }] });
    const options = asked.body['stream_options'] as { include_usage?: boolean } | undefined;
    return [
      delta({ role: 'assistant', content: '' }),
      ...said.thoughts.map((thought) => delta({ reasoning_content: thought })),
      ...said.words.map((content) => delta({ content })),
      ...said.tools.flatMap((tool, index) => [
        delta({ tool_calls: [{ index, ...toolCall({ ...tool, arguments: '' }, index) }] }),
        ...inPieces(tool.arguments).map((piece) => delta({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]),
      delta({}, finishReason(said)),
      ...(options?.include_usage === true && !said.withoutUsage ? [chunk({ choices: [], usage: usage(said) })] : []),
      'data: [DONE]\n\n',
    ];
  },
};

/** OpenAI names the version that answered. */
export function answeredBy({ model }: Asked, said: Said): string {
  return said.model ?? `${model}-2026`;
}

function finishReason({ tools, isCutShort }: Said): string {
  return tools.length > 0 ? 'tool_calls' : isCutShort ? 'length' : 'stop';
}

function toolCall(tool: ToolCall, index: number): object {
  return { id: `call_${index + 1}`, type: 'function', function: tool };
}

function usage(said: Said): object {
  const completion = outputTokens(said);
  return {
    prompt_tokens: said.promptTokens,
    completion_tokens: completion,
    total_tokens: said.promptTokens + completion,
    prompt_tokens_details: { cached_tokens: said.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: said.thoughts.length, audio_tokens: 0 },
  };
}
