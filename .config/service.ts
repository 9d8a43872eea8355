// Starts the service as a child and follows its progress. Used by `npm start`, the end-to-end tests and benchmarks.
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the service tells over its IPC channel while it starts. */
export type ServiceMessage =
  | { type: 'progress'; text: string }
  | {
      type: 'ready';
      url: string;
      serviceToken: string;
      datasourceToken: string;
      loadingKey?: string;
      gatewayKey?: string;
    };

export interface RunningService {
  url: string;
  serviceToken: string;
  datasourceToken: string;
  /** For sending bills; only where the service was started with `--loading`. */
  loadingKey?: string;
  /** For making keys of the LLM gateway; only where it was started with `--making-keys`. */
  gatewayKey?: string;
  process: ChildProcess;
  logFile: string;
  /** Resolves with the exit code when the service has ended by itself or was stopped. */
  ended: Promise<number>;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  root: string;
  args: readonly string[];
  environment: NodeJS.ProcessEnv;
  logDir: string;
  onProgress(text: string): void;
  /** Told how to stop it as soon as there is anything to stop: it may be asked to while it starts. */
  onSpawn?(stop: () => Promise<void>): void;
}

/** What it has begun it ends in order, a start as well. */
const stopsWithinMs = 60_000;

/** @throws Error with what the service said last when it ends before it is ready. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  mkdirSync(options.logDir, { recursive: true });
  const logFile = join(options.logDir, 'service.log');
  const log = createWriteStream(logFile, { flags: 'w' });
  // A group of its own: Ctrl-C reaches this script, which stops the service in order. If this script dies, the service
  // notices that the channel is gone and stops by itself.
  const child = spawn(process.execPath, [join(options.root, 'backend', 'src', 'main.ts'), ...options.args], {
    cwd: options.root,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = new Promise<number>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 130))),
  );
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopsWithinMs);
    await ended;
    clearTimeout(timer);
  };
  options.onSpawn?.(stop);
  const ready = await new Promise<Extract<ServiceMessage, { type: 'ready' }> | number>((resolve) => {
    void ended.then(resolve);
    child.on('message', (message: ServiceMessage) => {
      if (message.type === 'progress') options.onProgress(message.text);
      else resolve(message);
    });
  });
  if (typeof ready === 'number') {
    const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
    throw new Error(
      `The service ended with code ${ready} before it was ready. It said:\n${tail}\nThe whole log: ${logFile}`,
    );
  }
  const { type: _, ...addresses } = ready;
  return { ...addresses, process: child, logFile, ended, stop };
}
