export type {
  AccessAnswer,
  AccessQuestion,
  Cluster,
  Container,
  ContainerStatus,
  KubeEvent,
  KubeNode,
  KubeObject,
  LeaderLease,
  Mirror,
  ObjectRef,
  Ownership,
  Pod,
  PodTemplate,
  ReplicatedObject,
  ResourceQuota,
  Scale,
  WatchEvent,
  Workload,
} from './contract.ts';
export { createKubernetesRoom, type KubernetesRoom } from './kubernetes-room.ts';
export { memoryQuantity, parseQuantity } from './quantity.ts';
export { resources } from './resources.ts';
