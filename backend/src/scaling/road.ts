import type { Ownership } from '../kubernetes/index.ts';
import type { ScalingSettings } from './contract.ts';

/** How the number of replicas reaches a workload. */
export type Road =
  | { kind: 'scale' }
  | { kind: 'hpa-minimum'; name: string; minimum: number; maximum: number | undefined }
  | { kind: 'keda-minimum'; name: string; minimum: number; maximum: number | undefined }
  | { kind: 'metric'; name: string }
  | { kind: 'none'; why: 'git' | 'operator' | 'two-autoscalers' };

export interface RoadAnswer {
  road: Road;
  /** What will be done and left alone, for people. */
  en: string;
  ko: string;
}

/**
 * The road to a workload that fights nobody: where an autoscaler holds the replicas, its minimum is raised and it goes on
 * deciding above; where Git or an operator writes them, nothing is written unless people say that the number is not kept
 * there; otherwise the scale subresource.
 */
export function roadOf(owners: Ownership, settings: Pick<ScalingSettings, 'road' | 'whenGitOps'>): RoadAnswer {
  const holders = owners.autoscalers.filter(({ kind, acts }) => kind !== 'vpa' && acts);
  const vpa = owners.autoscalers.find(({ kind, acts }) => kind === 'vpa' && acts);
  const beside = vpa
    ? {
        en: ` ${vpa.name} (VPA) changes the size of its pods: what one can serve is learned anew after that.`,
        ko: ` ${vpa.name}(VPA)이 파드 크기를 바꾸므로 파드당 처리량은 그 뒤 다시 학습합니다.`,
      }
    : { en: '', ko: '' };
  const answer = chosen(owners, holders, settings);
  return { road: answer.road, en: answer.en + beside.en, ko: answer.ko + beside.ko };
}

function chosen(
  owners: Ownership,
  holders: Ownership['autoscalers'],
  settings: Pick<ScalingSettings, 'road' | 'whenGitOps'>,
): RoadAnswer {
  const manager = owners.managers.find(({ kind }) => kind !== 'helm');
  if (manager && owners.gitOps && (settings.whenGitOps === 'propose' || manager.kind === 'operator')) {
    const isOperator = manager.kind === 'operator';
    return {
      road: { kind: 'none', why: isOperator ? 'operator' : 'git' },
      en: isOperator
        ? `${manager.name} writes this workload: replicas are only proposed; scale that object instead.`
        : `${manager.kind} (${manager.name}) keeps this workload in Git and would undo a change: replicas are only proposed. Take spec.replicas out of Git and set whenGitOps to act.`,
      ko: isOperator
        ? `${manager.name}이(가) 이 워크로드를 관리하므로 레플리카 수는 제안만 합니다. 그 객체를 조정하십시오.`
        : `${manager.kind}(${manager.name})가 Git으로 관리하여 변경을 되돌리므로 제안만 합니다. Git에서 spec.replicas를 빼고 whenGitOps를 act로 설정하십시오.`,
    };
  }
  const [holder, second] = holders;
  if (holder && second) {
    return {
      road: { kind: 'none', why: 'two-autoscalers' },
      en: `${holder.name} and ${second.name} both scale this workload: replicas are only proposed until one of them goes.`,
      ko: `${holder.name}와 ${second.name}이(가) 함께 이 워크로드를 조정하므로 하나가 사라질 때까지 제안만 합니다.`,
    };
  }
  if (settings.road === 'metric') {
    return {
      road: { kind: 'metric', name: holder?.name ?? '' },
      en: holder
        ? `${holder.name} (${holder.kind.toUpperCase()}) reads the metric of Amadeus and scales by it; nothing is written.`
        : 'Nothing is written: an HPA that reads the metric of Amadeus is to scale it, and there is none yet.',
      ko: holder
        ? `${holder.name}(${holder.kind.toUpperCase()})이 Amadeus 지표를 읽어 조정합니다. 직접 쓰지 않습니다.`
        : '직접 쓰지 않습니다. Amadeus 지표를 읽는 HPA가 필요하지만 아직 없습니다.',
    };
  }
  if (holder) {
    const { name, minReplicas = holder.kind === 'hpa' ? 1 : 0, maxReplicas } = holder;
    return {
      road: {
        kind: holder.kind === 'hpa' ? 'hpa-minimum' : 'keda-minimum',
        name,
        minimum: minReplicas,
        maximum: maxReplicas,
      },
      en: `${name} (${holder.kind.toUpperCase()}) scales this workload: its minimum is raised ahead of load and lowered afterwards; above it, it goes on deciding.`,
      ko: `${name}(${holder.kind.toUpperCase()})이 이 워크로드를 조정합니다. 부하 전에 최솟값을 올리고 뒤에 내리며, 그 위는 계속 그쪽이 결정합니다.`,
    };
  }
  return {
    road: { kind: 'scale' },
    en: 'Nobody else scales this workload: its replicas are written through the scale subresource.',
    ko: '다른 컨트롤러가 없으므로 scale 하위 리소스로 레플리카 수를 씁니다.',
  };
}
