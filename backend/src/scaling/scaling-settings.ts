import type { ScalingSettings } from './contract.ts';

/** What a workload is scaled by where nobody says otherwise: it is only observed. */
export const defaultSettings: ScalingSettings = {
  mode: 'observe',
  minReplicas: 1,
  maxReplicas: 100,
  targetShare: 0.8,
  quantile: 0.9,
  latencyLimitMs: null,
  requestsPerPod: null,
  stabilisationMinutes: 3,
  stepUpShare: 1,
  stepUpReplicas: 4,
  stepDownShare: 0.5,
  actsPerHour: 30,
  earlyMinutes: 1,
  road: 'auto',
  whenGitOps: 'propose',
  windows: [],
};

/** Sentences about what contradicts itself; empty where the settings can be used. */
export function problemsOf(settings: ScalingSettings): string[] {
  const problems: string[] = [];
  if (settings.minReplicas > settings.maxReplicas) {
    problems.push(`minReplicas (${settings.minReplicas}) is above maxReplicas (${settings.maxReplicas})`);
  }
  for (const [index, window] of settings.windows.entries()) {
    if (!isTimeZone(window.timeZone)) problems.push(`windows.${index}: there is no time zone ${window.timeZone}`);
    if (window.minReplicas > settings.maxReplicas) {
      problems.push(`windows.${index}: minReplicas (${window.minReplicas}) is above maxReplicas`);
    }
    if (window.from === window.to) problems.push(`windows.${index}: from and to are equal, so it never holds`);
  }
  return problems;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
