import Type, { type TProperties, type TSchema } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../platform/errors/index.ts';

/** Settings that every source has that reads Prometheus by the hour. */
export const prometheusSettings = {
  url: Type.String({
    maxLength: 500,
    format: 'uri',
    default: 'http://127.0.0.1:9090',
    description: 'Prometheus or compatible',
  }),
  token: Type.Optional(Type.String({ maxLength: 200, description: 'Name of the secret with its bearer token' })),
  cluster: Type.Optional(Type.String({ maxLength: 64, description: 'Name of the cluster; else the source’s name' })),
  matchers: Type.String({
    maxLength: 500,
    default: '',
    pattern: '^$|^[A-Za-z_]\\w*(?:=~|!~|!=|=)"[^"\\\\{}]*"(?:,[A-Za-z_]\\w*(?:=~|!~|!=|=)"[^"\\\\{}]*")*$',
    description: 'Narrows every selector where one Prometheus holds several clusters, e.g. cluster="a"',
  }),
  stepSeconds: Type.Integer({
    minimum: 5,
    maximum: 600,
    default: 60,
    description: 'How finely an hour is read; a divisor of 3600, not shorter than the scrapes',
  }),
  since: Type.Optional(
    Type.String({ format: 'date-time', description: 'First hour that is read; the last one where absent' }),
  ),
  gpuTypes: Type.Record(Type.String(), Type.String({ maxLength: 100 }), {
    default: {},
    description: 'Model as GPUs call themselves to the name in the price book, e.g. NVIDIA-H100-80GB-HBM3: H100-80GB',
  }),
} satisfies TProperties;

/** Settings with their presets. @throws AppError VALIDATION_FAILED naming the first that is wrong */
export function checkedSettings<T extends { stepSeconds: number }>(
  schema: TSchema,
  settings: Readonly<Record<string, unknown>>,
): T {
  const filled = Value.Default(schema, structuredClone(settings)) as T;
  const [first] = Value.Errors(schema, filled);
  if (first !== undefined)
    throw new AppError('VALIDATION_FAILED', `The source's setting ${first.instancePath || '/'} ${first.message}.`);
  if (3600 % filled.stepSeconds !== 0)
    throw new AppError('VALIDATION_FAILED', `The source's stepSeconds ${filled.stepSeconds} is no divisor of 3600.`);
  return filled;
}
