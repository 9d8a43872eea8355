export type { Outgoing, OutgoingRequest, OutgoingResponse } from './contract.ts';
export { configuredHosts } from './configured-hosts.ts';
export { createOutgoing, type OutgoingClient, type OutgoingOptions } from './outgoing.ts';
export { retryDelay } from './retry-plan.ts';
