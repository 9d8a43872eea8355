export { apiKeyState, type ApiKey, type ApiKeyState } from './api-key.ts';
export { maxKeyLifetimeMs, maxOverlapMs, type ApiKeyRequest, type ApiKeys, type IssuedApiKey } from './api-keys.ts';
export { permissions, roles } from './contract.ts';
export type { Caller, Permission, Role, Scope } from './contract.ts';
export { isScopeWithin, scopeOfKept, seesKept, wholeTenant, type KeptScope } from './data-scope.ts';
export { createIdentity, type Identity, type IdentityParts } from './identity.ts';
export { rolePermissions } from './role-permissions.ts';
export { sameSecret } from './same-secret.ts';
export { ensureTokens, keptToken, type ServiceTokens } from './service-tokens.ts';
