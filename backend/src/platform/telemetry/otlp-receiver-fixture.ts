import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: Record<string, unknown>;
  status: { code?: number };
}
export interface ReceivedLog {
  traceId?: string;
  body: string;
  severityText: string;
  attributes: Record<string, unknown>;
}
export interface ReceivedMetric {
  name: string;
  sum?: {
    isMonotonic: boolean;
    aggregationTemporality: number;
    dataPoints: { asDouble: number; attributes: KeyValue[] }[];
  };
  gauge?: { dataPoints: { asDouble: number }[] };
  histogram?: { dataPoints: { count: number; sum: number; bucketCounts: number[]; explicitBounds: number[] }[] };
}

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}
interface Batch {
  resource: { attributes: KeyValue[] };
  [scopes: string]: unknown;
}

/** A collector for tests: decodes OTLP over HTTP (JSON) and keeps what came. Answers `status` to everything. */
export async function startOtlpReceiver(status = 200) {
  const received = {
    spans: [] as ReceivedSpan[],
    logs: [] as ReceivedLog[],
    metrics: new Map<string, ReceivedMetric>(),
    resources: [] as Record<string, unknown>[],
    headers: [] as IncomingHttpHeaders[],
    requests: 0,
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.requests += 1;
      received.headers.push(request.headers);
      const raw = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
      if (status === 200) keep(received, request.url ?? '', JSON.parse(text) as Record<string, Batch[]>);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...received,
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Received = Awaited<ReturnType<typeof startOtlpReceiver>>['received'];

function keep(received: Received, path: string, message: Record<string, Batch[]>): void {
  const names = {
    '/v1/traces': ['Spans', 'spans'],
    '/v1/logs': ['Logs', 'logRecords'],
    '/v1/metrics': ['Metrics', 'metrics'],
  };
  const [signal, list] = names[path as keyof typeof names];
  for (const batch of message[`resource${signal}`] ?? []) {
    received.resources.push(attributesOf(batch.resource.attributes));
    for (const scope of batch[`scope${signal}`] as Record<string, Record<string, unknown>[]>[]) {
      for (const item of scope[list!] ?? []) {
        if (path === '/v1/metrics') received.metrics.set(String(item.name), item as unknown as ReceivedMetric);
        else {
          const decoded = { ...item, attributes: attributesOf(item.attributes as KeyValue[]) };
          if (path === '/v1/traces') received.spans.push(decoded as unknown as ReceivedSpan);
          else {
            const body = (item.body as { stringValue: string }).stringValue;
            received.logs.push({ ...decoded, body } as unknown as ReceivedLog);
          }
        }
      }
    }
  }
}

function attributesOf(list: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}
