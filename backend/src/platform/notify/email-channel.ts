import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import { retryDelay } from '../outgoing/index.ts';
import { failed, type Channel, type ConfigOf, type Outcome, type Surroundings } from './channel.ts';
import type { Notification } from './contract.ts';
import { emailMessage } from './email-message.ts';

const tries = 3;
const phaseTimeoutMs = 15_000;

/**
 * Mail by SMTP. `smtps://` speaks TLS from the start, `smtp://` changes to it where the server offers it. A user and password are
 * sent only after TLS; `smtp://...?tls=optional` allows them in clear, for relays on one's own machine.
 */
export function emailChannel(config: ConfigOf<'email'>, surroundings: Surroundings): Channel {
  return {
    name: config.name,
    kind: 'email',
    deliver: async (notification) => {
      for (let tried = 1; ; tried += 1) {
        try {
          return { ...(await sendOnce(config, surroundings, notification)), attempts: tried };
        } catch (error) {
          if (tried >= tries || !mayPass(error)) return failed(error, tried);
          await surroundings.clock.sleep(retryDelay(tried, Math.random()));
        }
      }
    },
  };
}

async function sendOnce(
  config: ConfigOf<'email'>,
  { outgoing }: Surroundings,
  notification: Notification,
): Promise<Omit<Outcome, 'attempts'>> {
  const server = smtpServer(config.smtpUrl);
  const message = emailMessage(notification, server.host);
  const options: SMTPTransportOptions = {
    // The address is resolved under the rules of outgoing calls; TLS still checks the name.
    host: await outgoing.resolve(server.host, server.port),
    port: server.port,
    secure: server.secure,
    requireTLS: server.requireTls,
    tls: { servername: server.host },
    ...(server.auth ? { auth: server.auth } : {}),
    connectionTimeout: phaseTimeoutMs,
    greetingTimeout: phaseTimeoutMs,
    socketTimeout: phaseTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const transport = createTransport(options);
  try {
    const { accepted, rejected, response } = await transport.sendMail({
      from: config.from,
      to: config.to,
      subject: message.subject,
      text: message.text,
      html: message.html,
      attachments: (notification.attachments ?? []).map(({ fileName, contentType, content }) => ({
        filename: fileName,
        contentType,
        content,
      })),
      inReplyTo: message.threadId,
      references: message.threadId,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Amadeus-Event': notification.event },
    });
    const refused = rejected.length === 0 ? '' : `; refused: ${rejected.length} of ${config.to.length} recipients`;
    return { ok: accepted.length > 0, detail: `${response.trim()}${refused}` };
  } finally {
    transport.close();
  }
}

interface SmtpServer {
  host: string;
  port: number;
  secure: boolean;
  requireTls: boolean;
  auth?: { user: string; pass: string };
}

/** @throws Error naming what is wrong, without the address (it holds a password). */
export function smtpServer(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    throw new Error('smtpUrl must read smtp://host:port or smtps://user:password@host');
  }
  const secure = url.protocol === 'smtps:';
  const auth =
    url.username === ''
      ? undefined
      : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTls: auth !== undefined && !secure && url.searchParams.get('tls') !== 'optional',
    ...(auth ? { auth } : {}),
  };
}

/** Connections that broke and 4xx answers may pass (RFC 5321, 4.2.1); 5xx answers are final. */
function mayPass(error: unknown): boolean {
  const { responseCode, code } = error as { responseCode?: number; code?: string };
  if (responseCode !== undefined) return responseCode >= 400 && responseCode < 500;
  return ['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'ECONNRESET', 'ECONNREFUSED', 'EPROTOCOL', 'UPSTREAM_FAILED'].includes(
    code ?? '',
  );
}
