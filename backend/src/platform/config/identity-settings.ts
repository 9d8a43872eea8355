import Type from 'typebox';
import { SecretString, strict } from './setting-types.ts';

const RoleName = Type.Union([
  Type.Literal('viewer'),
  Type.Literal('finops'),
  Type.Literal('product'),
  Type.Literal('platform'),
  Type.Literal('admin'),
]);

/** Who may ask, and what they see. */
export const IdentitySettingsSchema = Type.Object(
  {
    serviceToken: Type.Optional(SecretString('Token of the Grafana app; generated under <dataDir> where absent')),
    datasourceToken: Type.Optional(
      SecretString('Token of the data source: read queries only; generated under <dataDir> where absent'),
    ),
    internalToken: Type.Optional(SecretString('Token between nodes of the system; generated where absent')),
    grafana: Type.Object(
      {
        url: Type.Optional(Type.String({ description: 'Grafana as the service reaches it; its JWKS is read there' })),
        issuer: Type.Optional(Type.String({ description: 'root_url of Grafana where it differs from url' })),
        orgId: Type.Integer({ minimum: 1, default: 1 }),
      },
      { ...strict, default: {} },
    ),
    oidc: Type.Optional(
      Type.Object(
        {
          issuer: Type.String(),
          audience: Type.String(),
          jwksUrl: Type.Optional(Type.String()),
          groupsClaim: Type.String({ default: 'groups' }),
        },
        strict,
      ),
    ),
    roles: Type.Object(
      {
        grafana: Type.Object(
          {
            Viewer: Type.Array(RoleName, { default: ['viewer'] }),
            Editor: Type.Array(RoleName, { default: ['finops', 'product', 'platform'] }),
            Admin: Type.Array(RoleName, { default: ['admin'] }),
          },
          { ...strict, default: {} },
        ),
        teams: Type.Record(Type.String(), Type.Array(RoleName), {
          default: {},
          description: 'Grafana team to roles',
        }),
        groups: Type.Record(Type.String(), Type.Array(RoleName), {
          default: {},
          description: 'OIDC group to roles',
        }),
      },
      { ...strict, default: {} },
    ),
    scopes: Type.Array(
      Type.Object(
        {
          role: Type.Optional(RoleName),
          team: Type.Optional(Type.String({ description: 'Grafana team or OIDC group' })),
          regions: Type.Optional(Type.Array(Type.String())),
          teams: Type.Optional(Type.Array(Type.String())),
          products: Type.Optional(Type.Array(Type.String())),
        },
        strict,
      ),
      { default: [], description: 'Restrictions of what members see; none: everything of the tenant' },
    ),
  },
  { ...strict, default: {} },
);
