import type { AllocationRuleSettings } from '../platform/config/index.ts';

const always = { effectiveFrom: '2020-01-01', enabled: true } as const;

/**
 * How the generated company splits what no team owns: idle GPUs by the GPU-hours that teams held, data transfer by what
 * they cost otherwise. Storage without an owner is left, so that there is something to be found.
 */
export const sampleAllocation: readonly AllocationRuleSettings[] = [
  {
    ...always,
    name: 'idle GPUs',
    description: 'Who holds most GPUs bears most of what stands idle.',
    target: 'x_Team',
    position: 10,
    match: [
      { dimension: 'ServiceName', like: ['GPU cluster *'] },
      { dimension: 'x_Team', is: [''] },
    ],
    method: 'usage',
    base: 'gpuHours',
  },
  {
    ...always,
    name: 'data transfer',
    description: 'Shared lines, by the direct cost of each team.',
    target: 'x_Team',
    position: 20,
    match: [
      { dimension: 'ServiceName', is: ['AWS Data Transfer'] },
      { dimension: 'x_Team', is: [''] },
    ],
    method: 'usage',
    base: 'cost',
  },
];
