import { inPieces, outputTokens, type Said } from '../behaviour.ts';
import { eventFrame } from './event-frame.ts';
import type { Speech } from './speech.ts';

/** Bedrock's Converse and ConverseStream. */
export const converse: Speech = {
  contentType: 'application/vnd.amazon.eventstream',
  whole: (_asked, said) => {
    const thinking = { reasoningText: { text: said.thoughts.join(''), signature: 'c2ltdWxhdGVk' } };
    const calls = said.tools.map((tool, index) => ({
      toolUse: { toolUseId: `tooluse_${index + 1}`, name: tool.name, input: JSON.parse(tool.arguments) as object },
    }));
    const content = [
      ...(said.thoughts.length > 0 ? [{ reasoningContent: thinking }] : []),
      ...(said.words.length > 0 ? [{ text: said.words.join('') }] : []),
      ...calls,
    ];
    return {
      output: { message: { role: 'assistant', content } },
      stopReason: stopReason(said),
      usage: usage(said),
      metrics: { latencyMs: 1 },
    };
  },
  events: (_asked, said) => {
    const event = (type: string, data: object): Buffer =>
      eventFrame(
        { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
        JSON.stringify({ ...data, p: 'abcdefgh' }),
      );
    const blocks = blocksOf(said).flatMap(({ start, deltas }, contentBlockIndex) => [
      ...(start ? [event('contentBlockStart', { contentBlockIndex, start })] : []),
      ...deltas.map((delta) => event('contentBlockDelta', { contentBlockIndex, delta })),
      event('contentBlockStop', { contentBlockIndex }),
    ]);
    return [
      event('messageStart', { role: 'assistant' }),
      ...blocks,
      event('messageStop', { stopReason: stopReason(said) }),
      ...(said.withoutUsage ? [] : [event('metadata', { usage: usage(said), metrics: { latencyMs: 1 } })]),
    ];
  },
};

function blocksOf(said: Said): { start?: object; deltas: object[] }[] {
  const thinking = { deltas: said.thoughts.map((text) => ({ reasoningContent: { text } })) };
  const calls = said.tools.map((tool, index) => ({
    start: { toolUse: { toolUseId: `tooluse_${index + 1}`, name: tool.name } },
    deltas: inPieces(tool.arguments).map((input) => ({ toolUse: { input } })),
  }));
  const text = { deltas: said.words.map((word) => ({ text: word })) };
  return [...(said.thoughts.length > 0 ? [thinking] : []), ...(said.words.length > 0 ? [text] : []), ...calls];
}

function stopReason({ tools, isCutShort }: Said): string {
  return tools.length > 0 ? 'tool_use' : isCutShort ? 'max_tokens' : 'end_turn';
}

function usage(said: Said): object {
  const written = outputTokens(said);
  return {
    inputTokens: said.promptTokens - said.cachedTokens,
    outputTokens: written,
    totalTokens: said.promptTokens + written,
    cacheReadInputTokens: said.cachedTokens,
    cacheWriteInputTokens: 0,
  };
}
