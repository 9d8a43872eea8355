import type { Image } from './image.ts';

/** Programs that go wrong in the ways that programs do; each is added to a good image. */
export const faults = {
  /** A broken build: it dies a moment after each start. */
  panic: (afterSeconds = 3): Image => ({
    exit: ({ uptimeSeconds }) =>
      uptimeSeconds < afterSeconds
        ? undefined
        : {
            code: 2,
            log: [
              'panic: runtime error: invalid memory address or nil pointer dereference',
              '[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x6f1a2b]',
              'goroutine 1 [running]:',
            ],
          },
  }),
  missingVariable: (name: string): Image => ({
    exit: ({ env, uptimeSeconds }) =>
      env[name] !== undefined || uptimeSeconds < 2
        ? undefined
        : {
            code: 1,
            log: [`Error: Missing required environment variable: ${name}`, '    at loadConfig (/app/config.js:12:11)'],
          },
  }),
  /** It needs a service, and gives up after a while where that does not answer. */
  needs: (service: string, port = 5432, afterSeconds = 4): Image => ({
    exit: ({ reaches, uptimeSeconds }) =>
      reaches(service) || uptimeSeconds < afterSeconds
        ? undefined
        : {
            code: 1,
            log: [`Error: connect ECONNREFUSED 10.96.0.17:${port}`, `    could not reach ${service}:${port}`],
          },
  }),
  failedMigration: (): Image => ({
    exit: ({ uptimeSeconds }) =>
      uptimeSeconds < 4
        ? undefined
        : {
            code: 1,
            log: [
              'Running migrations: 0042_add_orders_index',
              'django.db.utils.ProgrammingError: relation "orders" already exists',
              'Migration failed: 0042_add_orders_index',
            ],
          },
  }),
  /** The program's own limit of its heap, below that of the container. */
  heapOutOfMemory: (afterSeconds = 30): Image => ({
    exit: ({ uptimeSeconds }) =>
      uptimeSeconds < afterSeconds
        ? undefined
        : {
            code: 134,
            log: [
              '<--- Last few GCs --->',
              'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
            ],
          },
  }),
  diskFull: (afterSeconds = 5): Image => ({
    exit: ({ uptimeSeconds }) =>
      uptimeSeconds < afterSeconds
        ? undefined
        : { code: 1, log: ["OSError: [Errno 28] No space left on device: '/data/wal/000012.log'"] },
  }),
  livenessFails: (): Image => ({
    probe: () => ({ fails: 'liveness', message: 'HTTP probe failed with statuscode: 500' }),
  }),
  neverReady: (): Image => ({
    probe: () => ({
      fails: 'readiness',
      message: 'Get "http://10.0.0.9:8080/ready": dial tcp 10.0.0.9:8080: connect: connection refused',
    }),
  }),
  cannotBePulled: (): Image => ({ pullError: 'manifest unknown: manifest unknown' }),
  /** Dies on that node only. */
  badNode: (node: string): Image => ({
    exit: (around) =>
      around.node === node && around.uptimeSeconds > 3
        ? { code: 1, log: ['read /data: input/output error (EIO)'] }
        : undefined,
  }),
  needsMemory: (memoryMiB: number): Image => ({ memoryMiB }),
  leaks: (leakMiBPerMinute: number): Image => ({ leakMiBPerMinute }),
} as const;
