import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** As it came over the wire, dots unstuffed. */
  raw: string;
  headers: { name: string; value: string }[];
  /** Decoded parts by content type. */
  parts: Record<string, string>;
}

interface Script {
  /** Answers to the first commands of that verb instead of the usual one, e.g. { DATA: ['451 later'] }. */
  answers?: Record<string, string[]>;
  auth?: { user: string; pass: string };
}

/** A small SMTP server (RFC 5321 without TLS) that keeps what it is given. */
export async function startSmtp({ answers = {}, auth }: Script = {}) {
  const mails: ReceivedMail[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    new Session(socket, { answers, auth, mails, commands });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    commands,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Surroundings {
  answers: Record<string, string[]>;
  auth: Script['auth'] | undefined;
  mails: ReceivedMail[];
  commands: string[];
}

class Session {
  readonly #socket: Socket;
  readonly #around: Surroundings;
  #buffer = '';
  #data: string[] | undefined;
  #from = '';
  #to: string[] = [];

  constructor(socket: Socket, around: Surroundings) {
    this.#socket = socket;
    this.#around = around;
    socket.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
    this.#say('220 test ESMTP');
  }

  #say(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  #read(chunk: string): void {
    this.#buffer += chunk;
    for (let end = this.#buffer.indexOf('\r\n'); end >= 0; end = this.#buffer.indexOf('\r\n')) {
      const line = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + 2);
      if (this.#data) this.#content(line);
      else this.#command(line);
    }
  }

  #content(line: string): void {
    if (line !== '.') return void this.#data!.push(line.replace(/^\.\./, '.'));
    const raw = this.#data!.join('\r\n');
    this.#data = undefined;
    this.#around.mails.push({ from: this.#from, to: this.#to, raw, ...parse(raw) });
    this.#say('250 2.0.0 queued as 4711');
  }

  #command(line: string): void {
    this.#around.commands.push(line);
    const verb = line.split(' ', 1)[0]!.toUpperCase();
    const scripted = this.#around.answers[verb]?.shift();
    if (scripted !== undefined) return this.#say(scripted);
    if (verb === 'EHLO') {
      this.#say('250-test');
      if (this.#around.auth) this.#say('250-AUTH PLAIN');
      return this.#say('250 8BITMIME');
    }
    if (verb === 'AUTH') return this.#authenticate(line);
    if (verb === 'MAIL') [this.#from, this.#to] = [/<(.*)>/.exec(line)![1]!, []];
    if (verb === 'RCPT') this.#to.push(/<(.*)>/.exec(line)![1]!);
    if (verb === 'DATA') {
      this.#data = [];
      return this.#say('354 go on');
    }
    if (verb === 'QUIT') return void this.#socket.end('221 bye\r\n');
    this.#say(['MAIL', 'RCPT', 'RSET', 'NOOP'].includes(verb) ? '250 2.1.0 ok' : '502 unknown');
  }

  #authenticate(line: string): void {
    const [, user, pass] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
      .toString('utf8')
      .split('\0');
    const { auth } = this.#around;
    this.#say(
      auth && user === auth.user && pass === auth.pass ? '235 2.7.0 welcome' : '535 5.7.8 wrong user or password',
    );
  }
}

function parse(raw: string): Pick<ReceivedMail, 'headers' | 'parts'> {
  const headers = headersOf(raw.slice(0, raw.indexOf('\r\n\r\n')));
  const boundary = /boundary="?([^";]+)"?/.exec(valueOf(headers, 'Content-Type'))?.[1];
  const bodies = boundary === undefined ? [raw] : raw.split(`--${boundary}`).slice(1, -1);
  return { headers, parts: Object.fromEntries(bodies.map((body) => partOf(body.replace(/^\r\n/, '')))) };
}

function partOf(part: string): [string, string] {
  const split = part.indexOf('\r\n\r\n');
  const headers = headersOf(part.slice(0, split));
  const body = part.slice(split + 4);
  const encoding = valueOf(headers, 'Content-Transfer-Encoding').toLowerCase();
  return [valueOf(headers, 'Content-Type').split(';', 1)[0]!, decode(body, encoding)];
}

function headersOf(block: string): ReceivedMail['headers'] {
  const unfolded = block.replace(/\r\n[ \t]+/g, ' ');
  return unfolded.split('\r\n').map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon), value: encodedWords(line.slice(colon + 1).trim()) };
  });
}

export function valueOf(headers: ReceivedMail['headers'], name: string): string {
  return headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value ?? '';
}

function encodedWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_all, kind: string, content: string) =>
      decode(
        kind.toUpperCase() === 'Q' ? content.replaceAll('_', ' ') : content,
        kind.toUpperCase() === 'Q' ? 'quoted-printable' : 'base64',
      ),
    );
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
