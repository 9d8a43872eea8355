import { Decimal } from 'decimal.js';
import type { Finding, LlmRequest, Mapped } from '../anycost/index.ts';

/** A request that came as a span, with its place in the trace. */
export interface SpanRequest extends LlmRequest {
  spanId?: string;
  /** The nearest span above it that is known. */
  parentSpanId?: string;
}

/** Operations of spans above calls, which may sum up what the calls below them used: it is counted once. */
export const summingOperations: readonly string[] = [
  ...['invoke_agent', 'create_agent', 'invoke_workflow', 'agent', 'workflow', 'chain'],
];

const counts = [
  ...['requests', 'inputTokens', 'cachedInputTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens', 'outputTokens'],
  ...['reasoningTokens', 'inputAudioTokens', 'outputAudioTokens', 'inputImages', 'outputImages', 'inputCharacters'],
  'webSearches',
] as const;
const amounts = ['inputSeconds', 'outputSeconds', 'firstTokenMs', 'durationMs'] as const;
/** Columns of 32 bits. */
const narrow: ReadonlySet<string> = new Set(['requests', 'inputImages', 'outputImages', 'webSearches']);
const decimal = /^-?\d{1,18}(\.\d{1,30})?$/;
const longestId = 512;
const longestName = 300;

/**
 * What of the request cannot be, or nothing. A part is never larger than its whole: cached and written tokens together are
 * part of the input, reasoning tokens part of the output, audio tokens part of either.
 */
export function requestFindings(request: LlmRequest): Finding[] {
  const values = request as unknown as Record<string, unknown>;
  const findings: Finding[] = [];
  const blame = (column: string, reason: string): void => void findings.push({ column, reason });
  if (request.requestId === '' || request.requestId.length > longestId)
    blame('requestId', `The request needs an id of 1 to ${longestId} characters.`);
  if (!isInstant(request.startedAt)) blame('startedAt', 'The start is not an ISO 8601 instant.');
  if (request.model === '' || request.model.length > longestName) blame('model', 'The record names no model.');
  if (request.provider === '' || request.provider.length > longestName)
    blame('provider', 'The record names no provider.');
  for (const name of counts) {
    const value = values[name];
    if (value === undefined) continue;
    const limit = narrow.has(name) ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER;
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > limit)
      blame(name, 'The count is not a whole number of 0 or more.');
  }
  for (const name of amounts) {
    const value = values[name];
    if (value !== undefined && (!Number.isFinite(value) || (value as number) < 0 || (value as number) > 1e11))
      blame(name, 'The value is not a number of 0 or more.');
  }
  if (request.reportedCost !== undefined && !decimal.test(request.reportedCost))
    blame('reportedCost', 'The cost is not a decimal number.');
  return findings.length > 0 ? findings : partFindings(request);
}

function partFindings(request: LlmRequest): Finding[] {
  const findings: Finding[] = [];
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWrite5mTokens = 0, cacheWrite1hTokens = 0 } = request;
  if (cachedInputTokens + cacheWrite5mTokens + cacheWrite1hTokens > inputTokens)
    findings.push({ column: 'cachedInputTokens', reason: 'More tokens were cached than the prompt has.' });
  if ((request.reasoningTokens ?? 0) > outputTokens)
    findings.push({ column: 'reasoningTokens', reason: 'More tokens were reasoning than the answer has.' });
  if ((request.inputAudioTokens ?? 0) > inputTokens)
    findings.push({ column: 'inputAudioTokens', reason: 'More tokens were audio than the prompt has.' });
  if ((request.outputAudioTokens ?? 0) > outputTokens)
    findings.push({ column: 'outputAudioTokens', reason: 'More tokens were audio than the answer has.' });
  return findings;
}

/** The request as a connector hands it on, or why it cannot be used. */
export function mappedRequest(request: LlmRequest, flags: readonly Finding[] = []): Mapped {
  const findings = requestFindings(request);
  if (findings.length > 0) return { kind: 'quarantined', findings };
  return { kind: 'llm-request', request, ...(flags.length > 0 ? { flags } : {}) };
}

/** An exact decimal from what a JSON file says (a number, also as `2.85e-05`, or a text); undefined for anything else. */
export function decimalText(value: unknown): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const text = String(value).trim();
  if (!/^-?\d+(\.\d+)?(e[+-]?\d{1,3})?$/i.test(text)) return undefined;
  const amount = new Decimal(text);
  return amount.abs().lt('1e18') ? amount.toDecimalPlaces(30).toFixed() : undefined;
}

/** Whether the text is an instant with a zone, of a year that the warehouse can hold. */
function isInstant(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)) return false;
  const at = Date.parse(text);
  return at >= 0 && at < Date.UTC(2100, 0, 1);
}
