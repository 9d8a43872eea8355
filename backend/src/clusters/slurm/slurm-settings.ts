import Type, { type Static, type TProperties } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../../platform/errors/index.ts';
import { isTimeZone } from './slurm-time.ts';

const strict = { additionalProperties: false } as const;

const DeclaredNodes = Type.Object(
  {
    type: Type.String({ minLength: 1, maxLength: 100, description: 'Kind of host, e.g. dgx-h100' }),
    count: Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'How many there are' }),
    gpus: Type.Integer({ minimum: 0, maximum: 1_000, default: 0, description: 'GPUs of each' }),
    gpuType: Type.String({ maxLength: 100, default: '', description: 'As jobs and the price book name it' }),
    cpus: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, description: 'CPUs of each' })),
    memoryGiB: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000_000, description: 'Memory of each' })),
    cluster: Type.Optional(Type.String({ maxLength: 64, description: 'Where the source holds several clusters' })),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'First instant; always where absent' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Instant after the last; still where absent' })),
  },
  strict,
);

/** Settings that every source of Slurm has. */
export const slurmSettings = {
  cluster: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Name of the cluster where the records name none; else the source’s name',
    }),
  ),
  teams: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: 200 }), {
      description: 'Account to team; an account that is not listed is the team',
    }),
  ),
  gpuTypes: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: 100 }), {
      description: 'Type as Slurm names it to the name in the price book, e.g. a100: A100-80GB',
    }),
  ),
  partitionGpuTypes: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: 100 }), {
      description: 'Partition to type of GPU, for jobs whose AllocTRES names no type',
    }),
  ),
  nodes: Type.Optional(
    Type.Array(DeclaredNodes, {
      maxItems: 1000,
      description: 'Capacity of the cluster, where slurmrestd is not asked for it; idle is what jobs leave of it',
    }),
  ),
} satisfies TProperties;

export type SlurmSettings = Static<Type.TObject<typeof slurmSettings>>;

export const SacctSettingsSchema = Type.Object(
  {
    path: Type.Optional(Type.String({ maxLength: 1000, description: 'File or folder of dumps on this machine' })),
    delimiter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 8,
        description: 'As given to sacct --delimiter; found by itself where absent',
      }),
    ),
    fields: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        minItems: 1,
        maxItems: 200,
        description:
          'Names of the fields where dumps have no header line, as given to sacct --format; "-" for one to pass over',
        examples: [['JobID', 'JobName', 'User', 'Account', 'Partition', 'State', 'Start', 'End', 'AllocTRES']],
      }),
    ),
    timeZone: Type.Optional(
      Type.String({
        maxLength: 64,
        default: 'UTC',
        description: 'IANA zone of the times, which sacct writes without one',
      }),
    ),
    ...slurmSettings,
  },
  strict,
);
export type SacctSettings = Static<typeof SacctSettingsSchema>;

const { cluster, gpuTypes } = slurmSettings;
export const NodeListSettingsSchema = Type.Object(
  {
    path: Type.Optional(Type.String({ maxLength: 1000, description: 'File or folder of lists on this machine' })),
    timeZone: Type.Optional(
      Type.String({
        maxLength: 64,
        default: 'UTC',
        description: 'IANA zone of the times, which scontrol writes without one',
      }),
    ),
    ...{ cluster, gpuTypes },
  },
  strict,
);
export type NodeListSettings = Static<typeof NodeListSettingsSchema>;

export const RestSettingsSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({ maxLength: 500, description: 'slurmrestd, e.g. https://slurm.example:6820', format: 'uri' }),
    ),
    path: Type.Optional(
      Type.String({ maxLength: 1000, description: 'Instead: file or folder of saved answers on this machine' }),
    ),
    version: Type.Optional(
      Type.String({
        pattern: '^v?0\\.0\\.(39|4[0-3])$',
        description: '0.0.39 to 0.0.43; the newest that answers where absent',
      }),
    ),
    user: Type.Optional(Type.String({ maxLength: 64, description: 'X-SLURM-USER-NAME, where the token needs it' })),
    token: Type.Optional(
      Type.String({ maxLength: 200, description: 'Name of the secret with the token (X-SLURM-USER-TOKEN)' }),
    ),
    since: Type.Optional(
      Type.String({ format: 'date-time', description: 'First instant that is read; 30 days back where absent' }),
    ),
    ...slurmSettings,
  },
  strict,
);
export type RestSettings = Static<typeof RestSettingsSchema>;

/** @throws AppError VALIDATION_FAILED naming the first setting that is wrong */
export function readSettings<T extends SacctSettings | NodeListSettings | RestSettings>(
  schema: typeof SacctSettingsSchema | typeof NodeListSettingsSchema | typeof RestSettingsSchema,
  settings: Readonly<Record<string, unknown>>,
): T {
  const filled: unknown = Value.Default(schema, structuredClone(settings));
  const [first] = Value.Errors(schema, filled);
  if (first !== undefined)
    throw new AppError('VALIDATION_FAILED', `The source's setting ${first.instancePath || '/'} ${first.message}.`);
  const { timeZone } = filled as SacctSettings;
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw new AppError('VALIDATION_FAILED', `The source's timeZone ${JSON.stringify(timeZone)} is no IANA zone.`, {
      help: 'Write it as in Europe/Berlin or Asia/Seoul.',
    });
  return filled as T;
}
