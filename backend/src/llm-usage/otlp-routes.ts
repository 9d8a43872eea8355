import type { FastifyReply, FastifyRequest } from 'fastify';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { genAiSettings, type GenAiSettings } from './otel-genai/genai-settings.ts';
import { metricUsage } from './otel-genai/genai-metrics.ts';
import { spanUsage } from './otel-genai/genai-span.ts';
import { exportResponse, metricsRequest, tracesRequest } from './otel-genai/otlp-messages.ts';
import { histogramPointsOf, spansOf, type Attributes } from './otel-genai/otlp-payload.ts';
import { ProtobufError, readMessage, type MessageType } from './otel-genai/protobuf-message.ts';
import type { LlmUsagePorts } from './ports.ts';
import type { UsagePlace } from './request-row.ts';
import type { UsageKeeper } from './usage-keeper.ts';

/** Largest export once it is unpacked, so that few bytes cannot become many. */
const maxUnpackedBytes = 64 * 1024 * 1024;
const defaultSource = 'otel-genai';
const unpackGzip = promisify(gunzip);
const unpackDeflate = promisify(inflate);

const HeadersSchema = Type.Object({
  'x-amadeus-source': Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
      description: `Source under which the usage is kept, default ${defaultSource}`,
    }),
  ),
  'x-amadeus-region': Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', description: 'Region of the source' }),
  ),
});
const body = Type.Unknown({ description: 'The export as application/json or application/x-protobuf, gzip too' });

interface Kept {
  rejected: number;
  message: string;
}

/** OTLP over HTTP: what applications and collectors send of gen_ai spans and metrics. */
export async function otlpRoutes(
  app: App,
  keeper: UsageKeeper,
  ports: LlmUsagePorts,
  { config }: Pick<Platform, 'config'>,
): Promise<void> {
  await app.register(async (otlp) => {
    otlp.removeAllContentTypeParsers();
    otlp.addContentTypeParser(
      ['application/json', 'application/x-protobuf'],
      { parseAs: 'buffer', bodyLimit: config.http.bodyLimitBytes },
      (_request, payload, done) => done(null, payload),
    );
    const receive = (
      path: string,
      summary: string,
      type: MessageType,
      rejectedName: string,
      keep: (payload: unknown, place: UsagePlace, settings: GenAiSettings) => Promise<Kept>,
    ): void => {
      otlp.post(
        path,
        {
          bodyLimit: config.http.bodyLimitBytes,
          config: { permission: 'ingest:write' },
          schema: {
            summary,
            description: 'OTLP/HTTP; answers with what was rejected',
            tags: ['llm'],
            headers: HeadersSchema,
            body,
            response: { 200: ExportResponseSchema },
          },
        },
        async (request, reply) => {
          const place = placeOf(request);
          const payload = await payloadOf(request, type);
          const settings = genAiSettings(await ports.findSource?.(place.tenant, place.source));
          return answer(request, reply, rejectedName, await keep(payload, place, settings));
        },
      );
    };
    receive('/v1/traces', 'Send spans (OTLP)', tracesRequest, 'rejectedSpans', (payload, place, settings) =>
      keepSpans(payload, place, settings, keeper, ports),
    );
    receive('/v1/metrics', 'Send metrics (OTLP)', metricsRequest, 'rejectedDataPoints', (payload, place, settings) =>
      keepPoints(payload, place, settings, keeper, ports),
    );
    otlp.post(
      '/v1/logs',
      {
        config: { permission: 'ingest:write' },
        schema: { summary: 'Logs are not taken (OTLP)', tags: ['llm'], body, response: { 404: RefusedSchema } },
      },
      async () => {
        throw new AppError('NOT_FOUND', 'Logs tell nothing about usage and are not kept here.', {
          help: 'Send traces to /v1/traces or metrics to /v1/metrics, and logs to your log store.',
        });
      },
    );
  });
}

const RefusedSchema = Type.Object({}, { additionalProperties: true, description: 'Always: problem details' });
/** As OTLP has it; protobuf where the request was. */
const ExportResponseSchema = Type.Unsafe<unknown>(
  Type.Object(
    {
      partialSuccess: Type.Optional(
        Type.Object({}, { additionalProperties: true, description: 'How many were rejected, and why' }),
      ),
    },
    { description: 'Empty where everything was kept' },
  ),
);

async function keepSpans(
  payload: unknown,
  place: UsagePlace,
  settings: GenAiSettings,
  keeper: UsageKeeper,
  ports: LlmUsagePorts,
): Promise<Kept> {
  const { spans, unreadable } = spansOf(payload);
  if (settings.count === 'metrics') return { rejected: 0, message: notCounted('spans', 'metrics', place) };
  const protect = await protection(place, ports);
  const protectedSpans = spans.map((span) => ({ ...span, attributes: protect(span.attributes) }));
  const { requests, rejected } = spanUsage(protectedSpans, settings);
  await keeper.keep(place, requests, { fileName: 'otlp' });
  const [first] = rejected;
  const [finding] = first?.findings ?? [];
  const count = rejected.length + unreadable;
  if (count === 0) return { rejected: 0, message: '' };
  const reason = finding
    ? `span ${first!.spanId}: ${finding.column}: ${finding.reason}`
    : 'they have no ids or no start';
  return { rejected: count, message: `${count} spans were not kept, the first because ${reason}` };
}

async function keepPoints(
  payload: unknown,
  place: UsagePlace,
  settings: GenAiSettings,
  keeper: UsageKeeper,
  ports: LlmUsagePorts,
): Promise<Kept> {
  const { points } = histogramPointsOf(payload);
  if (settings.count === 'spans') {
    const isUsage = points.some(({ metric }) => metric.startsWith('gen_ai.'));
    return { rejected: 0, message: isUsage ? notCounted('metrics', 'spans', place) : '' };
  }
  const protect = await protection(place, ports);
  const protectedPoints = points.map((point) => ({ ...point, attributes: protect(point.attributes) }));
  const { requests, rejected, reason } = metricUsage(protectedPoints, settings);
  await keeper.keep(place, requests, { fileName: 'otlp' });
  return { rejected, message: reason };
}

function notCounted(sent: string, counted: string, { source }: UsagePlace): string {
  return `The source ${source} counts ${counted}, so that these ${sent} were not counted as well. Set count: ${sent} to change it.`;
}

async function protection(place: UsagePlace, ports: LlmUsagePorts): Promise<(fields: Attributes) => Attributes> {
  const rules = await ports.rules?.(place.tenant);
  return rules ? (fields) => rules.protect(fields, place.source) : (fields) => fields;
}

function placeOf(request: FastifyRequest): UsagePlace {
  const { tenant, regions } = request.caller.scope;
  const headers = request.headers as { 'x-amadeus-source'?: string; 'x-amadeus-region'?: string };
  const region = headers['x-amadeus-region'] ?? defaultRegion({ regions });
  if (regions !== 'all' && !regions.includes(region))
    throw new AppError('FORBIDDEN', `You may not send usage of the region ${region}.`);
  return { tenant, region, source: headers['x-amadeus-source'] ?? defaultSource };
}

function defaultRegion({ regions }: Pick<Scope, 'regions'>): string {
  return regions !== 'all' && regions.length === 1 ? regions[0]! : 'default';
}

async function payloadOf(request: FastifyRequest, type: MessageType): Promise<unknown> {
  const bytes = await unpacked(request.body as Buffer, request.headers['content-encoding']);
  try {
    return isProtobuf(request) ? readMessage(type, bytes) : (JSON.parse(bytes.toString('utf8')) as unknown);
  } catch (error) {
    if (!(error instanceof ProtobufError) && !(error instanceof SyntaxError)) throw error;
    throw new AppError('BAD_REQUEST', 'The export cannot be read: its bytes are not what its content type says.', {
      help: 'Send OTLP as application/x-protobuf or application/json.',
    });
  }
}

async function unpacked(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
  const unpack = { gzip: unpackGzip, deflate: unpackDeflate }[encoding ?? ''];
  if (unpack === undefined) {
    if (encoding === undefined || encoding === 'identity') return bytes;
    throw new AppError('UNSUPPORTED_FORMAT', 'The content encoding is not known; send gzip or none.');
  }
  try {
    return await unpack(bytes, { maxOutputLength: maxUnpackedBytes });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new AppError(
        'TOO_LARGE',
        `The export is larger than ${maxUnpackedBytes / 1024 / 1024} MiB once unpacked.`,
        {
          help: 'Send fewer spans at once.',
        },
      );
    throw new AppError('BAD_REQUEST', 'The body cannot be unpacked.', {
      help: 'Compare Content-Encoding with the body.',
    });
  }
}

function isProtobuf(request: FastifyRequest): boolean {
  return (request.headers['content-type'] ?? '').startsWith('application/x-protobuf');
}

/** The answer comes in the encoding of the request, as OTLP asks. */
function answer(request: FastifyRequest, reply: FastifyReply, rejectedName: string, kept: Kept): FastifyReply {
  if (isProtobuf(request))
    return reply.type('application/x-protobuf').send(exportResponse(kept.rejected, kept.message));
  if (kept.rejected === 0 && kept.message === '') return reply.type('application/json').send('{}');
  const partialSuccess = { [rejectedName]: String(kept.rejected), errorMessage: kept.message };
  return reply.type('application/json').send(JSON.stringify({ partialSuccess }));
}
