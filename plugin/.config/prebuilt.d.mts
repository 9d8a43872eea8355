export const prebuiltTargets: readonly (readonly [string, string])[];
export function executableName(os: string, cpu: string): string | undefined;
export function sha256(bytes: Uint8Array): string;
export function goSources(): string;
