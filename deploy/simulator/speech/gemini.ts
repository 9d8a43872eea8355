import type { Asked } from '../asked.ts';
import { outputTokens, type Said, type ToolCall } from '../behaviour.ts';
import type { Speech } from './speech.ts';

/** Gemini's generateContent, v1beta; its lines end with CR LF. */
export const gemini: Speech = {
  contentType: 'text/event-stream',
  whole: (asked, said) => {
    const text = said.words.length > 0 ? [{ text: said.words.join('') }] : [];
    return answer(asked, said, [...thoughtsOf(said), ...text, ...said.tools.map(functionCall)], true);
  },
  events: (asked, said) => {
    const parts = [...thoughtsOf(said), ...said.words.map((text) => ({ text })), ...said.tools.map(functionCall)];
    return parts.map(
      (part, index) => `data: ${JSON.stringify(answer(asked, said, [part], index === parts.length - 1))}\r\n\r\n`,
    );
  },
};

function thoughtsOf({ thoughts }: Said): object[] {
  return thoughts.length > 0 ? [{ text: thoughts.join(''), thought: true }] : [];
}

function functionCall(tool: ToolCall): object {
  return { functionCall: { name: tool.name, args: JSON.parse(tool.arguments) as object } };
}

function answer({ model }: Asked, said: Said, parts: readonly object[], isLast: boolean): object {
  const written = outputTokens(said) - said.thoughts.length;
  const counts = {
    promptTokenCount: said.promptTokens,
    cachedContentTokenCount: said.cachedTokens,
    candidatesTokenCount: written,
    thoughtsTokenCount: said.thoughts.length,
    totalTokenCount: said.promptTokens + written + said.thoughts.length,
  };
  const finish = isLast ? { finishReason: said.isCutShort ? 'MAX_TOKENS' : 'STOP' } : {};
  return {
    candidates: [{ content: { role: 'model', parts }, ...finish, index: 0 }],
    ...(said.withoutUsage ? {} : { usageMetadata: isLast ? counts : promptCounts(said) }),
    modelVersion: model,
    responseId: 'resp-1',
  };
}

/** Until the last word only the prompt is counted. */
function promptCounts({ promptTokens, cachedTokens }: Said): object {
  return { promptTokenCount: promptTokens, cachedContentTokenCount: cachedTokens, totalTokenCount: promptTokens };
}
