import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, existsSync, readdirSync, renameSync, utimesSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

const socketName = 'alive';
const hostName = 'host';
const adoptedName = 'adopted';
const fresh = '.new-';
/** A process on another machine tells that it lives by the time of a file; after this it counts as dead. */
const silentMs = 60_000;
const touchEveryMs = 10_000;
/** The longest path that a socket may have is about 104 bytes (sun_path). */
const longestSocketPath = 100;

/**
 * The folder of one process among those of others in one place. It listens on a socket in its folder for as long as it lives:
 * the kernel says exactly who is dead, whatever happened to them. Folders of the dead are adopted by moving them into one's
 * own, which only one process can.
 */
export class JournalFolder {
  readonly holder: string = randomUUID();
  readonly path: string;
  readonly #root: string;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(root: string) {
    this.#root = root;
    this.path = join(root, this.holder);
  }

  /** Makes the folder. It appears among the others only when its owner can be seen to live. */
  async claim(): Promise<void> {
    const making = join(this.#root, `${fresh}${this.holder}`);
    await mkdir(join(making, adoptedName), { recursive: true });
    await writeFile(join(making, hostName), await machine());
    this.#server = createServer((socket) => socket.destroy());
    await withSocketPath(making, (path) => listening(this.#server!, path));
    this.#server.unref();
    await rename(making, this.path);
    this.#timer = setInterval(() => this.#touch(), touchEveryMs);
    this.#timer.unref();
  }

  /** Moves what the dead left behind into this folder. @returns folders to be delivered, by the name of who wrote them */
  async adopt(): Promise<Map<string, string>> {
    for (const name of readdirSync(this.#root)) {
      const path = join(this.#root, name);
      if (name === this.holder || (await isAlive(path))) continue;
      if (name.startsWith(fresh)) await this.#forget(path);
      else this.#take(path, name);
    }
    const own = join(this.path, adoptedName);
    // Who died while adopting had others' folders within its own.
    for (const name of readdirSync(own)) {
      const within = join(own, name, adoptedName);
      if (existsSync(within)) for (const inner of readdirSync(within)) this.#take(join(within, inner), inner);
    }
    return new Map(readdirSync(own).map((name) => [name, join(own, name)]));
  }

  /** Removes an adopted folder that was delivered. */
  async forget(holder: string): Promise<void> {
    await rm(join(this.path, adoptedName, holder), { recursive: true, force: true });
  }

  /** Lets others adopt what is left; the folder goes where nothing is. */
  async release(isEmpty: boolean): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    this.#server = undefined;
    if (isEmpty && readdirSync(join(this.path, adoptedName)).length === 0)
      await rm(this.path, { recursive: true, force: true });
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #take(path: string, name: string): void {
    try {
      const own = join(this.path, adoptedName);
      if (!name.endsWith('.ndjson')) return renameSync(path, join(own, name));
      // Files that lie beside the folders are of a time when one process had the place for itself.
      mkdirSync(join(own, 'before'), { recursive: true });
      renameSync(path, join(own, 'before', name));
    } catch (error) {
      // Somebody else was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** A folder that was never finished holds nothing; young ones may be about to be. */
  async #forget(path: string): Promise<void> {
    const made = await stat(path).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > silentMs) await rm(path, { recursive: true, force: true });
  }

  #touch(): void {
    const now = new Date();
    try {
      utimesSync(join(this.path, hostName), now, now);
    } catch {
      // The disk may be full or away: whoever looks from another machine decides by what it sees.
    }
  }
}

/** Names the machine as long as it runs: containers of one kernel share it, and so do their sockets. */
async function machine(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return hostname();
  }
}

async function isAlive(folder: string): Promise<boolean> {
  const host = await readFile(join(folder, hostName), 'utf8').catch(() => '');
  if (host !== '' && host !== (await machine())) {
    const seen = await stat(join(folder, hostName)).catch(() => undefined);
    return seen !== undefined && Date.now() - seen.mtimeMs < silentMs;
  }
  if (!existsSync(join(folder, socketName))) return false;
  return withSocketPath(folder, answers);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Refused: its process is gone. Anything else says nothing of it, and the living must not be robbed.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}

/** Long folders are reached over their descriptor (Linux). */
async function withSocketPath<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, socketName);
  if (Buffer.byteLength(path) <= longestSocketPath || !existsSync('/proc/self/fd')) return work(path);
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return work(path);
  }
  try {
    return await work(`/proc/self/fd/${descriptor}/${socketName}`);
  } finally {
    closeSync(descriptor);
  }
}
