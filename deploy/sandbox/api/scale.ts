import { ApiError, type ApiObject, type JsonObject, type ResourceKind } from './object.ts';

interface Scalable {
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  status?: { replicas?: number };
}

/** The scale subresource of an object. */
export function readScale({ scales }: ResourceKind, object: ApiObject): object {
  const { spec, status } = object as Scalable;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  const own = typeof scales === 'object' ? scales : undefined;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: own ? fieldOf(object, own.replicas, 0) : (spec?.replicas ?? 1) },
    status: own
      ? { replicas: fieldOf(object, own.current, 0), selector: fieldOf(object, own.selector, '') }
      : { replicas: status?.replicas ?? 0, selector: labels.map(([key, value]) => `${key}=${value}`).join(',') },
  };
}

/** The object with the replicas that a Scale asks for. @throws ApiError 422 */
export function writeScale(kind: ResourceKind, object: ApiObject, scale: JsonObject): ApiObject {
  const replicas = (scale.spec as JsonObject | undefined)?.replicas ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    throw new ApiError(
      422,
      'Invalid',
      `${kind.plural} "${object.metadata.name}" is invalid: spec.replicas: Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`,
    );
  }
  const version = (scale.metadata as JsonObject | undefined)?.resourceVersion;
  const field = typeof kind.scales === 'object' ? kind.scales.replicas.slice('spec.'.length) : 'replicas';
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion: typeof version === 'string' ? version : '' },
    spec: { ...(object.spec as object), [field]: replicas },
  };
}

/** What stands at a path of two names, as `spec.size`. */
function fieldOf(object: ApiObject, path: string, otherwise: number | string): unknown {
  const [part = '', field = ''] = path.split('.');
  return (object[part] as JsonObject | undefined)?.[field] ?? otherwise;
}
