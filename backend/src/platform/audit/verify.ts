import { runAuditVerify } from './verify-command.ts';

/** `node backend/src/platform/audit/verify.ts EXPORT --checkpoints DIR --key PUBLIC.pem` */
process.exitCode = await runAuditVerify(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
