export type { App, RoutePermission } from './app.ts';
export type { CallerProof } from './authorisation.ts';
export { csvCell, csvLines, csvRow, type CsvValue } from './csv-writer.ts';
export { declaredRoutes, type DeclaredRoute } from './declared-routes.ts';
export { createHttpServer, type HttpServerParts } from './http-server.ts';
export { ProblemSchema, type Problem } from './problem.ts';
export type { ReadinessCheck } from './probes.ts';
