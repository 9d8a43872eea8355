/** The rules of the rooms: see "Layout" in CONTRIBUTING.md. */
const room = '^backend/src/(?:platform/)?([^/]+)/';

export default {
  forbidden: [
    {
      name: 'rooms-meet-at-the-door',
      comment: 'A room is used through its index.ts (and its contract.ts by types) only.',
      severity: 'error',
      from: { path: room, pathNot: '\\.test\\.ts$|/fixtures/' },
      to: {
        path: room,
        pathNot: ['^backend/src/(?:platform/)?$1/', '/index\\.ts$', '^backend/src/platform/platform\\.ts$'],
      },
    },
    {
      name: 'platform-knows-no-room',
      severity: 'error',
      from: { path: '^backend/src/platform/' },
      to: { path: '^backend/src/(?!platform/)' },
    },
    {
      name: 'plugin-imports-only-types',
      severity: 'error',
      from: { path: '^plugin/src' },
      to: { path: '^(backend|models)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'service-needs-no-plugin',
      severity: 'error',
      from: { path: '^(backend|models)/' },
      to: { path: '^plugin/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-does-no-io',
      comment: 'Only repositories, routes, jobs, sources, doors and composition may touch the outside.',
      severity: 'error',
      from: {
        path: '^backend/src/(?!platform/|main)[^/]+/',
        pathNot:
          '(-repository|-source|-client|-server|-exporter|-reader|-files?|-room|routes|jobs|index|\\.test|-fixture)\\.ts$|/(testing|fixtures)/',
      },
      to: {
        dependencyTypes: ['core'],
        path: '^(?:node:)?(fs|net|http|https|child_process|worker_threads|dns|tls|dgram)',
      },
    },
    { name: 'not-to-test', severity: 'error', from: { pathNot: '\\.test\\.tsx?$' }, to: { path: '\\.test\\.tsx?$' } },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\.(svg|png)$|^fastify/types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|node_modules/\\.cache)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
