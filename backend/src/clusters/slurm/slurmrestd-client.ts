import type { SourceContext } from '../../anycost/index.ts';
import { AppError } from '../../platform/errors/index.ts';
import type { RestSettings } from './slurm-settings.ts';

const versions = ['0.0.43', '0.0.42', '0.0.41', '0.0.40', '0.0.39'] as const;
const timeoutMs = 120_000;
const maxBytes = 512 * 1024 * 1024;

export type Answer = Readonly<Record<string, unknown>>;

/** Reads slurmrestd. Times are epoch seconds. */
export class SlurmrestdClient {
  readonly #context: Pick<SourceContext, 'outgoing' | 'secret' | 'signal'>;
  readonly #settings: RestSettings & { url: string };

  constructor(
    context: Pick<SourceContext, 'outgoing' | 'secret' | 'signal'>,
    settings: RestSettings & { url: string },
  ) {
    this.#context = context;
    this.#settings = settings;
  }

  /** The version that is set, or the newest that answers a ping. @throws AppError UPSTREAM_FAILED */
  async version(): Promise<string> {
    if (this.#settings.version !== undefined) return this.#settings.version.replace(/^v/, '');
    let last = 0;
    for (const version of versions) {
      const { status } = await this.#send(`/slurm/v${version}/ping`);
      if (status >= 200 && status < 300) return version;
      if (status === 401 || status === 403) throw this.#refused(status);
      last = status;
    }
    throw new AppError('UPSTREAM_FAILED', `slurmrestd answers to no version from 0.0.39 to 0.0.43 (HTTP ${last}).`, {
      help: 'Set `url` to the address under which /slurm/v0.0.41/ping answers, and start slurmrestd with openapi/slurmctld and openapi/slurmdbd.',
    });
  }

  /** Jobs of the accounting that existed at any time in [from, to): those that still run are among them. */
  accounting(version: string, from: number, to: number): Promise<Answer> {
    return this.#read(`/slurmdb/v${version}/jobs?start_time=${from}&end_time=${to}&show_duplicates=true`);
  }

  /** Jobs that the scheduler knows now, with the GPUs that they hold. */
  queue(version: string): Promise<Answer> {
    return this.#read(`/slurm/v${version}/jobs`);
  }

  nodes(version: string): Promise<Answer> {
    return this.#read(`/slurm/v${version}/nodes`);
  }

  async #read(path: string): Promise<Answer> {
    const { status, body } = await this.#send(path);
    if (status === 401 || status === 403) throw this.#refused(status);
    const answer = parse(body);
    const errors = Array.isArray(answer?.['errors'])
      ? (answer['errors'] as { error?: unknown; description?: unknown }[])
      : [];
    if (status < 200 || status >= 300 || answer === undefined || errors.length > 0) {
      const said = errors.map(({ error, description }) => textOf(description) || textOf(error)).join('; ');
      throw new AppError(
        'UPSTREAM_FAILED',
        `slurmrestd answered ${status} to ${path.split('?')[0]}: ${said.slice(0, 300) || 'no JSON'}.`,
        {
          help: 'Look into the log of slurmrestd; slurmdb needs slurmdbd.',
        },
      );
    }
    return answer;
  }

  #refused(status: number): AppError {
    return new AppError('UPSTREAM_FAILED', `slurmrestd refused the token (HTTP ${status}).`, {
      help: 'Make a new one with `scontrol token lifespan=...` and put it where the source’s `token` points.',
    });
  }

  async #send(path: string): Promise<{ status: number; body: Buffer }> {
    const { url, token, user } = this.#settings;
    return this.#context.outgoing.request(`${url.replace(/\/+$/, '')}${path}`, {
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { 'x-slurm-user-token': this.#context.secret(token) }),
        ...(user === undefined ? {} : { 'x-slurm-user-name': user }),
      },
      timeoutMs,
      maxBytes,
      signal: this.#context.signal,
    });
  }
}

function parse(body: Buffer): Answer | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
