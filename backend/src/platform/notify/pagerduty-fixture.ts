import { createServer } from 'node:http';
import { closeServer, listenLocally } from './slack-fixture.ts';

type Json = Record<string, unknown>;
const text = (value: unknown): value is string => typeof value === 'string' && value.length > 0;

/** What PagerDuty's documentation of Events API v2 demands; each breach is one sentence, as in its `errors`. */
export function pagerDutyBreaches(event: Json): string[] {
  const breaches: string[] = [];
  const say = (condition: boolean, breach: string) => void (condition || breaches.push(breach));
  const known = ['routing_key', 'event_action', 'dedup_key', 'payload', 'images', 'links', 'client', 'client_url'];
  for (const key of Object.keys(event)) say(known.includes(key), `'${key}' is not a field of an event`);
  say(text(event.routing_key) && event.routing_key.length === 32, "'routing_key' must be 32 characters");
  say(['trigger', 'acknowledge', 'resolve'].includes(String(event.event_action)), "'event_action' is unknown");
  say(
    event.dedup_key === undefined || (text(event.dedup_key) && event.dedup_key.length <= 255),
    "'dedup_key' is longer than 255",
  );
  if (event.event_action !== 'trigger') {
    say(text(event.dedup_key), "'dedup_key' is missing");
    return breaches;
  }
  const payload = (event.payload ?? {}) as Json;
  const fields = ['summary', 'source', 'severity', 'timestamp', 'component', 'group', 'class', 'custom_details'];
  for (const key of Object.keys(payload)) say(fields.includes(key), `'payload.${key}' is not a field of a payload`);
  say(text(payload.summary) && payload.summary.length <= 1024, "'payload.summary' must be 1 to 1024 characters");
  say(text(payload.source), "'payload.source' is missing or blank");
  say(['critical', 'error', 'warning', 'info'].includes(String(payload.severity)), "'payload.severity' is unknown");
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;
  say(
    payload.timestamp === undefined || (text(payload.timestamp) && iso.test(payload.timestamp)),
    "'payload.timestamp' is no ISO 8601 instant",
  );
  say(
    payload.custom_details === undefined || typeof payload.custom_details === 'object',
    "'payload.custom_details' is no object",
  );
  for (const link of (event.links ?? []) as Json[]) {
    say(text(link.href) && /^https?:/.test(link.href) && text(link.text), "'links' need href and text");
  }
  say(
    event.client_url === undefined || (text(event.client_url) && URL.canParse(event.client_url)),
    "'client_url' is no address",
  );
  return breaches;
}

export type Incident = { state: 'triggered' | 'acknowledged' | 'resolved'; events: Json[] };

/** Answers as `/v2/enqueue` does and keeps incidents by their key; the first answers can be given. */
export async function startPagerDuty(first: { status: number; headers?: Record<string, string> }[] = []) {
  const incidents = new Map<string, Incident>();
  const states = { trigger: 'triggered', acknowledge: 'acknowledged', resolve: 'resolved' } as const;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (status: number, body: Json, headers = {}) =>
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
      const scripted = first.shift();
      if (scripted) return void answer(scripted.status, { status: 'throttle exceeded' }, scripted.headers);
      const body = Buffer.concat(chunks);
      if (request.method !== 'POST' || request.url !== '/v2/enqueue') return void answer(404, {});
      if (body.length > 512 * 1024) return void answer(413, { status: 'too large' });
      const event = JSON.parse(body.toString('utf8')) as Json;
      const errors = pagerDutyBreaches(event);
      if (errors.length > 0)
        return void answer(400, { status: 'invalid event', message: 'Event object is invalid', errors });
      const key = String(event.dedup_key);
      const incident = incidents.get(key) ?? { state: 'triggered', events: [] };
      incident.state = states[event.event_action as keyof typeof states];
      incident.events.push(event);
      incidents.set(key, incident);
      answer(202, { status: 'success', message: 'Event processed', dedup_key: key });
    });
  });
  const base = await listenLocally(server);
  return { url: `${base}/v2/enqueue`, incidents, close: () => closeServer(server) };
}
