import { ApiError, apiVersionOf, type ResourceKind } from './object.ts';

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
/** As kubectl's users type them. */
const shortNames: Readonly<Record<string, string>> = {
  ...{ namespaces: 'ns', nodes: 'no', pods: 'po', events: 'ev', configmaps: 'cm', services: 'svc' },
  ...{ serviceaccounts: 'sa', resourcequotas: 'quota', deployments: 'deploy', replicasets: 'rs', statefulsets: 'sts' },
  ...{ horizontalpodautoscalers: 'hpa', scaledobjects: 'so', verticalpodautoscalers: 'vpa', rollouts: 'ro' },
};

/**
 * What is served under `/api`, `/apis` and a group with its version, as kubectl asks before anything else; undefined where the
 * path asks for something other. @throws ApiError NotFound where there is no such group
 */
export function discoveryOf(path: string, kinds: readonly ResourceKind[]): object | undefined {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(kinds) };
  const groupVersion = /^\/api\/(v1)$/.exec(path)?.[1] ?? /^\/apis\/([^/]+\/[^/]+)$/.exec(path)?.[1];
  if (groupVersion === undefined) return undefined;
  const served = kinds.filter((kind) => apiVersionOf(kind) === groupVersion);
  if (served.length === 0) throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(resourcesOf) };
}

function groupsOf(kinds: readonly ResourceKind[]): object[] {
  const names = new Set(kinds.map(({ group }) => group).filter((group) => group !== ''));
  return [...names].map((name) => {
    const found = new Set(kinds.filter(({ group }) => group === name).map(({ version }) => version));
    const versions = [...found].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  });
}

function resourcesOf({ plural, kind, namespaced, scales }: ResourceKind): object[] {
  const short = shortNames[plural];
  const own = { name: plural, singularName: kind.toLowerCase(), kind, namespaced, verbs };
  return [
    short === undefined ? own : { ...own, shortNames: [short] },
    ...(scales
      ? [{ name: `${plural}/scale`, singularName: '', kind: 'Scale', namespaced, verbs: ['get', 'update', 'patch'] }]
      : []),
    ...(plural === 'pods' ? [{ name: 'pods/log', singularName: '', kind, namespaced, verbs: ['get'] }] : []),
  ];
}
