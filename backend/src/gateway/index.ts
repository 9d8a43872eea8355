export type { AdmittedCall } from './admission.ts';
export type { CallSink } from './attempting.ts';
export type { CallEnd, CallLayer, LayerTools, PlannedCall, Serve } from './call-layer.ts';
export type { CallHeaders } from './call-facts.ts';
export type { Dialect } from './dialects/dialect.ts';
export { errorBody, GatewayError } from './gateway-error.ts';
export { createGatewayRoom, type GatewayRoom } from './gateway-room.ts';
export { memberSpans } from './wire/json-members.ts';
export { eventText, SseReader, type ServerSentEvent } from './wire/server-sent-events.ts';
