import type { Config } from '../platform/config/index.ts';

export type GatewaySettings = Config['gateway'];
export type GatewayProvider = GatewaySettings['providers'][number];
