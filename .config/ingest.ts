// Sends a bill through the same door that everyone uses and follows the job until it is kept.
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

interface Job {
  state: string;
  rows?: number;
  quarantined?: number;
  error?: string;
}

/** @throws Error with what the service said when the file is refused. */
export async function ingestFile(
  service: { url: string; loadingKey?: string },
  file: string,
  progress: (text: string) => void,
): Promise<void> {
  const name = basename(file);
  const headers = { authorization: `Bearer ${service.loadingKey ?? ''}` };
  const form = new FormData();
  form.append('file', await openAsBlob(file), name);
  progress(`Loading ${name} ...`);
  const source = name.replace(/\.(csv|gz|parquet)+$/gi, '').replace(/[^\w.-]+/g, '-');
  const accepted = await fetch(new URL(`/api/ingest/focus?source=${encodeURIComponent(source)}`, service.url), {
    method: 'POST',
    headers,
    body: form,
  });
  if (!accepted.ok) throw new Error(`${name} was refused: ${await explain(accepted)}`);
  const { jobId } = (await accepted.json()) as { jobId: string };
  for (;;) {
    const answer = await fetch(new URL(`/api/ingest/jobs/${encodeURIComponent(jobId)}`, service.url), { headers });
    if (!answer.ok) throw new Error(`The job of ${name} cannot be followed: ${await explain(answer)}`);
    const job = (await answer.json()) as Job;
    if (job.state === 'failed') throw new Error(`${name} was not loaded: ${job.error ?? 'see the log of the service'}`);
    if (job.state === 'completed') {
      progress(
        `${name}: ${job.rows ?? 0} rows kept${job.quarantined ? `, ${job.quarantined} in quarantine (GET /api/ingest/jobs/${jobId} says why)` : ''}.`,
      );
      return;
    }
    await delay(300);
  }
}

async function explain(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const problem = JSON.parse(text) as { detail?: string; help?: string };
    return [problem.detail, problem.help].filter(Boolean).join(' ');
  } catch {
    return text.slice(0, 300);
  }
}
