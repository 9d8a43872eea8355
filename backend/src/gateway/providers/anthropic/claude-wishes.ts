import { isAmongToolCalls } from '../../dialects/chat-pieces.ts';
import { Untranslatable } from '../../dialects/dialect.ts';
import { compact, objectOf, objectsOf, textOf, type Json } from '../../dialects/json.ts';
import { claudeModel, type ClaudeModel } from './claude-model.ts';

const budgets: Readonly<Record<string, number>> = { low: 1024, medium: 4096, high: 16_384, xhigh: 32_000 };
const efforts: Readonly<Record<string, string>> = { minimal: 'low', low: 'low', medium: 'medium', high: 'high' };

/** How a chat completion's wishes for thinking, sampling and form are put to a model of Anthropic's. */
export interface ClaudeWishes {
  /** `thinking` and `output_config` of the Messages API. */
  thinking?: Json;
  outputConfig?: Json;
  /** Tokens to think with, beside those of the answer. */
  budget: number;
  temperature?: number;
  topP?: number;
  /** Wishes that the model does not know. */
  dropped: string[];
}

/** @throws Untranslatable where the model cannot do what would change the answer */
export function claudeWishes(chat: Json, to: string): ClaudeWishes {
  const model = claudeModel(textOf(chat['model']));
  refuseWhatItCannot(chat, model, to);
  const effort = textOf(chat['reasoning_effort']);
  const { thinking, budget } = thinkingOf(chat, model, effort);
  const format = schemaOf(chat, model, to);
  const named = model.thinks !== 'adaptively' ? undefined : effort === 'xhigh' ? model.mostEffort : efforts[effort];
  const outputConfig = compact({ effort: named, format });
  const sampling = samplingOf(chat, thinking ? { ...model, sampling: 'neither' } : model);
  const isHeard =
    ['', ...(model.thinks === 'adaptively' ? [] : ['none'])].includes(effort) || (thinking ?? named) !== undefined;
  return {
    ...(thinking ? { thinking } : {}),
    ...(Object.keys(outputConfig).length > 0 ? { outputConfig } : {}),
    budget,
    ...sampling.kept,
    dropped: [...(isHeard ? [] : ['reasoning_effort']), ...sampling.dropped],
  };
}

function refuseWhatItCannot(chat: Json, model: ClaudeModel, to: string): void {
  const messages = objectsOf(chat['messages']);
  if (!model.takesBeginnings && messages.at(-1)?.['role'] === 'assistant')
    throw new Untranslatable([`messages[${messages.length - 1}].role`], `${to} and this model`);
  if (!model.canBeForced && isForced(chat)) throw new Untranslatable(['tool_choice'], `${to} and this model`);
}

function isForced(chat: Json): boolean {
  const choice = chat['tool_choice'];
  return choice === 'required' || objectOf(choice)['function'] !== undefined;
}

/** Who is made to call a tool may not think first; who thinks by budget demands to see earlier thoughts among calls of tools. */
function thinkingOf(chat: Json, model: ClaudeModel, effort: string): { thinking?: Json; budget: number } {
  if (isForced(chat)) return { budget: 0 };
  if (model.thinks === 'adaptively')
    return budgets[effort] === undefined
      ? { budget: 0 }
      : { thinking: { type: 'adaptive', display: 'summarized' }, budget: 0 };
  const budget = budgets[effort];
  if (model.thinks === 'never' || budget === undefined || isAmongToolCalls(objectsOf(chat['messages'])))
    return { budget: 0 };
  return { thinking: { type: 'enabled', budget_tokens: budget }, budget };
}

function schemaOf(chat: Json, model: ClaudeModel, to: string): Json | undefined {
  const format = objectOf(chat['response_format']);
  const { type } = format;
  if (type === undefined || type === 'text') return undefined;
  const { schema } = objectOf(format['json_schema']);
  if (type !== 'json_schema' || schema === undefined || !model.knowsSchemas)
    throw new Untranslatable(['response_format'], to);
  return { type, schema };
}

/** The scale of temperatures ends at 1 there. */
function samplingOf(
  chat: Json,
  { sampling }: Pick<ClaudeModel, 'sampling'>,
): { kept: { temperature?: number; topP?: number }; dropped: string[] } {
  const { temperature, top_p: topP } = chat;
  const hasTemperature = typeof temperature === 'number' && !(sampling === 'neither' && temperature === 1);
  const hasTop = typeof topP === 'number' && topP < 1;
  const keepsTemperature = hasTemperature && sampling !== 'neither';
  const keepsTop = hasTop && (sampling === 'both' || (sampling === 'one' && !hasTemperature));
  return {
    kept: {
      ...(keepsTemperature ? { temperature: Math.min(1, temperature) } : {}),
      ...(keepsTop ? { topP } : {}),
    },
    dropped: [
      ...(hasTemperature && (!keepsTemperature || temperature > 1) ? ['temperature'] : []),
      ...(hasTop && !keepsTop ? ['top_p'] : []),
    ],
  };
}
