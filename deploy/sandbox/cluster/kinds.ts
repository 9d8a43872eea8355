import { builtInKinds, type ApiObject, type ResourceKind } from '../api/object.ts';

export interface ContainerSpec {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: { containers: ContainerSpec[]; nodeName?: string; nodeSelector?: Record<string, string> };
}

interface Terminated {
  exitCode: number;
  reason: string;
  startedAt: string;
  finishedAt: string;
  message?: string;
}

interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: Terminated;
}

export interface ContainerStatus {
  name: string;
  image: string;
  imageID: string;
  containerID?: string;
  ready: boolean;
  started: boolean;
  restartCount: number;
  state: ContainerState;
  lastState: ContainerState;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime: string;
}

export interface PodObject extends ApiObject {
  spec: PodTemplate['spec'];
  status: {
    phase: string;
    reason?: string;
    message?: string;
    startTime?: string;
    podIP?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface ReplicatedObject extends ApiObject {
  spec: {
    replicas?: number;
    selector: { matchLabels: Record<string, string> };
    template: PodTemplate;
    strategy?: { type?: string; rollingUpdate?: { maxSurge?: string | number; maxUnavailable?: string | number } };
    revisionHistoryLimit?: number;
    progressDeadlineSeconds?: number;
    minReadySeconds?: number;
    [field: string]: unknown;
  };
  status?: {
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    updatedReplicas?: number;
    unavailableReplicas?: number;
    observedGeneration?: number;
    currentRevision?: string;
    updateRevision?: string;
    conditions?: Condition[];
  };
}

export interface NodeObject extends ApiObject {
  spec?: { unschedulable?: boolean };
  status?: { allocatable?: Record<string, string>; capacity?: Record<string, string>; conditions?: Condition[] };
}

const named = (plural: string): ResourceKind => {
  const found = builtInKinds.find((kind) => kind.plural === plural);
  if (!found) throw new Error(`There is no kind ${plural}`);
  return found;
};

export const kinds = {
  pods: named('pods'),
  nodes: named('nodes'),
  events: named('events'),
  quotas: named('resourcequotas'),
  deployments: named('deployments'),
  replicaSets: named('replicasets'),
  statefulSets: named('statefulsets'),
  hpas: named('horizontalpodautoscalers'),
} as const;

export function isReady(pod: PodObject): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

export function controllerOf(object: ApiObject) {
  return object.metadata.ownerReferences?.find(({ controller }) => controller);
}
