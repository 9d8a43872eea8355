import { runAuditVerify, verifyUsage } from './platform/audit/index.ts';

/** `audit verify ...`, which needs neither the stores nor the configuration. @returns the exit status. */
export async function auditCommand([command, ...rest]: readonly string[]): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (command === 'verify') return await runAuditVerify(rest, say);
  say(verifyUsage);
  return command === '--help' ? 0 : 2;
}
