export { unitHash, type Choice } from './choice.ts';
export { bounded, mostTries, routeId, type Policy, type PolicyRoute, type RoutedRequest } from './policy.ts';
export { Router, type RouterPorts } from './router.ts';
export { createRoutingRoom } from './routing-room.ts';
export { LivePolicies, type Trial } from './live-policies.ts';
export { chosenFrom } from './policy-repository.ts';
export { PolicyRing } from './policy-ring-file.ts';
export { tellRoutes } from './route-repository.ts';
export type { Rollout } from './running-rollouts.ts';
