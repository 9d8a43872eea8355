export { createAudit, type AuditLog, type AuditParts } from './audit-log.ts';
export type { Checkpoint } from './checkpoint.ts';
export type { Audit, AuditEntry, AuditEvent } from './contract.ts';
export { verifyAudit, type AuditVerdict } from './verify-audit.ts';
export { runAuditVerify, verifyUsage } from './verify-command.ts';
