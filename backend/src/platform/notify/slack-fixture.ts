import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Slack's documentation of Block Kit and of message text demands; each breach is one sentence. */
export function slackBreaches(message: unknown): string[] {
  const breaches: string[] = [];
  const say = (condition: boolean, breach: string) => void (condition || breaches.push(breach));
  if (!isObject(message)) return ['payload is no object'];
  keys(message, ['text', 'blocks'], 'payload', say);
  say(typeof message.text === 'string' && message.text.length > 0, 'text (the fallback) is missing');
  say(String(message.text).length <= 40_000, 'text is longer than 40000');
  plainControl(message.text as string, 'text', say);
  const blocks = message.blocks as unknown[];
  say(Array.isArray(blocks) && blocks.length >= 1 && blocks.length <= 50, 'blocks must be 1 to 50');
  blocks.forEach((block, index) => checkBlock(block, `blocks[${index}]`, say));
  return breaches;
}

type Say = (condition: boolean, breach: string) => void;

function checkBlock(block: unknown, place: string, say: Say): void {
  if (!isObject(block)) return say(false, `${place} is no object`);
  if (block.type === 'header') {
    keys(block, ['type', 'text'], place, say);
    return checkText(block.text, `${place}.text`, ['plain_text'], 150, say);
  }
  if (block.type === 'actions') {
    keys(block, ['type', 'elements'], place, say);
    const elements = block.elements as unknown[];
    say(Array.isArray(elements) && elements.length >= 1 && elements.length <= 25, `${place}.elements must be 1 to 25`);
    const ids = elements.map((element) => (isObject(element) ? element.action_id : undefined));
    say(new Set(ids).size === ids.length, `${place} has an action_id twice`);
    return elements.forEach((element, index) => checkButton(element, `${place}.elements[${index}]`, say));
  }
  if (block.type !== 'section') return say(false, `${place}.type ${String(block.type)} is unknown`);
  keys(block, ['type', 'text', 'fields'], place, say);
  say(block.text !== undefined || block.fields !== undefined, `${place} needs text or fields`);
  if (block.text !== undefined) checkText(block.text, `${place}.text`, ['mrkdwn', 'plain_text'], 3000, say);
  if (block.fields === undefined) return;
  const fields = block.fields as unknown[];
  say(Array.isArray(fields) && fields.length >= 1 && fields.length <= 10, `${place}.fields must be 1 to 10`);
  fields.forEach((field, index) => checkText(field, `${place}.fields[${index}]`, ['mrkdwn', 'plain_text'], 2000, say));
}

function checkButton(button: unknown, place: string, say: Say): void {
  if (!isObject(button)) return say(false, `${place} is no object`);
  keys(button, ['type', 'text', 'url', 'action_id', 'value', 'style'], place, say);
  say(button.type === 'button', `${place}.type must be button`);
  checkText(button.text, `${place}.text`, ['plain_text'], 75, say);
  say(typeof button.url === 'string' && button.url.length <= 3000, `${place}.url must be at most 3000 long`);
  say(typeof button.action_id === 'string' && button.action_id.length <= 255, `${place}.action_id is missing`);
}

function checkText(text: unknown, place: string, types: string[], limit: number, say: Say): void {
  if (!isObject(text)) return say(false, `${place} is no object`);
  const plain = text.type === 'plain_text';
  keys(text, plain ? ['type', 'text', 'emoji'] : ['type', 'text', 'verbatim'], place, say);
  say(types.includes(String(text.type)), `${place}.type must be ${types.join(' or ')}`);
  if (typeof text.text !== 'string') return say(false, `${place}.text is no string`);
  say(
    text.text.length >= 1 && text.text.length <= limit,
    `${place}.text must be 1 to ${limit} long, not ${text.text.length}`,
  );
  say(text.text.isWellFormed(), `${place}.text has half a character`);
  if (!plain) plainControl(text.text, `${place}.text`, say);
}

/** `<` may only begin a link; `&` may only begin one of the three entities. */
function plainControl(text: string, place: string, say: Say): void {
  const rest = text.replace(/<https?:\/\/[^<>|]+\|[^<>|]+>/g, '');
  say(!/[<>]/.test(rest), `${place} has an unescaped < or >`);
  say(!/&(?!amp;|lt;|gt;)/.test(rest), `${place} has an unescaped &`);
}

function keys(value: Record<string, unknown>, allowed: string[], place: string, say: Say): void {
  for (const key of Object.keys(value)) say(allowed.includes(key), `${place} has the unknown key ${key}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An incoming webhook that answers as Slack does; the first answers can be given. */
export async function startSlack(first: { status: number; body: string; headers?: Record<string, string> }[] = []) {
  const messages: unknown[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests += 1;
      const scripted = first.shift();
      if (scripted) return void response.writeHead(scripted.status, scripted.headers).end(scripted.body);
      if (request.url !== '/services/T000/B000/token') return void response.writeHead(404).end('no_service');
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
      const breaches = slackBreaches(body);
      if (breaches.length > 0) return void response.writeHead(400).end(`invalid_blocks: ${breaches.join('; ')}`);
      messages.push(body);
      response.writeHead(200).end('ok');
    });
  });
  const base = await listenLocally(server);
  return {
    webhookUrl: `${base}/services/T000/B000/token`,
    base,
    messages,
    requests: () => requests,
    close: () => closeServer(server),
  };
}

export async function listenLocally(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
