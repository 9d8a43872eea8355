import { advice, type Cause, type Language } from './cause-patterns.ts';

/** Sentences as they are kept, with what stands for them in Korean; `$1` is what the sentence names. */
const korean: readonly (readonly [RegExp, string])[] = [
  [/^It was seen just now\.$/, '방금 발견했습니다.'],
  [/^It was done; whether it helps is seen in a few minutes\./, '조치했습니다. 도움이 되는지는 몇 분 뒤에 확인합니다.'],
  [/^It was done, and it helped\./, '조치했고 도움이 되었습니다.'],
  [
    /^It was done and did not help, or a person wants it undone; it is being taken back\./,
    '조치가 도움이 되지 않았거나 사람이 되돌리기를 원해 되돌리는 중입니다.',
  ],
  [/^It was done and taken back\./, '조치했다가 되돌렸습니다.'],
  [/^A person rejected it\./, '사람이 거절했습니다.'],
  [/^It was cancelled\./, '취소되었습니다.'],
  [/^Nobody approved it in time\./, '제때 승인한 사람이 없습니다.'],
  [/^It could not be done\./, '조치할 수 없었습니다.'],
  [/^It is not known whether it was done; a person must look\./, '조치되었는지 알 수 없어 사람이 확인해야 합니다.'],
  [
    /^It has no memory limit of its own: the node ran out of memory\.$/,
    '자체 메모리 한도가 없습니다. 노드의 메모리가 부족했습니다.',
  ],
  [/^Its limit is (\S+) by now; its pods are being replaced\.$/, '한도는 이미 $1이며 파드를 교체하는 중입니다.'],
  [
    /^It was killed for memory again after (\d+) raises, the last to (\S+)\.$/,
    '$1번 올려 $2까지 늘린 뒤에도 다시 메모리 부족으로 종료되었습니다.',
  ],
  [
    /^Its limit of (\S+) cannot rise: the configured cap leaves no room\.$/,
    '설정된 상한 때문에 한도 $1을 올릴 수 없습니다.',
  ],
  [
    /^Its limit of (\S+) cannot rise: the largest node leaves no room\.$/,
    '가장 큰 노드에도 자리가 없어 한도 $1을 올릴 수 없습니다.',
  ],
  [
    /^Its limit of (\S+) cannot rise: the namespace's quota leaves no room\.$/,
    '네임스페이스 쿼터에 자리가 없어 한도 $1을 올릴 수 없습니다.',
  ],
  [
    /^The VPA (\S+) sets its memory; raise its maxAllowed instead\.$/,
    'VPA $1이(가) 메모리를 정합니다. 대신 maxAllowed를 올리세요.',
  ],
  [
    /^The lease of the cluster is not held: another installation acts on it, or the right to it lacks\.$/,
    '클러스터의 Lease를 가지고 있지 않습니다. 다른 설치가 조치하거나 권한이 없습니다.',
  ],
  [
    /^(\S+) of \S+ was killed for memory at (\S+); raise (\d+) of (\d+)\./,
    '$1이(가) $2에서 메모리 부족으로 종료되었습니다. 한도 상향 $4회 중 $3번째입니다.',
  ],
  [
    /^(\S+) of \S+ crashed (\d+) times since its image changed; the one before was well\./,
    '이미지가 바뀐 뒤 $1이(가) $2번 충돌했고 이전 이미지는 정상이었습니다.',
  ],
  [/^It could not be looked into: /, '살펴볼 수 없었습니다: '],
  [
    /^(\S+) runs before the others start: its limit is left to people\.$/,
    '$1은(는) 초기화 컨테이너이므로 한도 조정은 사람에게 맡깁니다.',
  ],
  ...notRolledBack(),
  ...notDone(),
];

/** Why an image stayed, as `chooseRollback` says it. */
function notRolledBack(): (readonly [RegExp, string])[] {
  const reasons: readonly (readonly [string, string])[] = [
    ['the cause is (\\S+), which an older image would not cure', '원인이 $1이라서 이전 이미지로는 해결되지 않습니다'],
    [
      'the pods that crash are not those of the newest ReplicaSet; its rollout goes on',
      '충돌하는 파드가 최신 ReplicaSet의 것이 아니며 배포가 진행 중입니다',
    ],
    ['there is no ReplicaSet before this one', '이전 ReplicaSet이 없습니다'],
    ['its image has not changed within the last (\\d+) minutes', '최근 $1분 안에 이미지가 바뀌지 않았습니다'],
    [
      'more than the image changed with this rollout \\(environment, resources, volumes or probes\\)',
      '이번 배포에서 이미지 외에 환경 변수, 리소스, 볼륨 또는 프로브도 바뀌었습니다',
    ],
    ['its image is the same as before', '이미지가 이전과 같습니다'],
    ['it was rolled back to (\\S+) once already', '이미 한 번 $1(으)로 롤백했습니다'],
    ['pods of the ReplicaSet before crash as well', '이전 ReplicaSet의 파드도 충돌합니다'],
    ['the ReplicaSet before was never seen to be well', '이전 ReplicaSet이 정상인 것을 확인한 적이 없습니다'],
    ['it has crashed (\\d+) of (\\d+) times', '$2번 중 $1번 충돌했습니다'],
    ['a (\\S+) keeps no earlier ReplicaSet to go back to', '$1에는 돌아갈 이전 ReplicaSet이 없습니다'],
    [
      'a StatefulSet keeps data, .*(kubectl .* rollout undo \\S+), then delete the pod that crashes',
      'StatefulSet은 데이터를 보존하므로 사람에게 맡깁니다. 데이터가 맞으면 $1 실행 후 충돌하는 파드를 삭제하세요',
    ],
    ['Argo Rollouts has its own analysis .*: (kubectl .*)', 'Argo Rollouts가 자체 분석으로 되돌립니다. 직접: $1'],
    [
      'a DaemonSet replaces the pods of all nodes .*: (kubectl .*)',
      'DaemonSet은 모든 노드의 파드를 교체하므로 사람에게 맡깁니다: $1',
    ],
  ];
  return reasons.map(([english, inKorean]) => [
    new RegExp(`^Not rolled back: ${english}\\.`),
    `롤백하지 않음: ${inKorean}.`,
  ]);
}

/** Why an act waits or is left, as `permitFor` says it. */
function notDone(): (readonly [RegExp, string])[] {
  const states: Readonly<Record<string, string>> = { rejected: '거절', cancelled: '취소', 'taken back': '원상 복구' };
  const refused = Object.entries(states).map(([state, inKorean]): readonly [string, string] => [
    `the same was ${state} within the last (\\d+) hours`,
    `최근 $1시간 안에 같은 조치가 ${inKorean}되었습니다`,
  ]);
  const reasons: readonly (readonly [string, string])[] = [
    ...refused,
    ['the last act was less than (\\d+) minutes ago', '마지막 조치 후 $1분이 지나지 않았습니다'],
    ['(\\d+) acts on it within an hour are enough', '한 시간에 $1번까지만 조치합니다'],
    ['(\\d+) acts on the cluster within an hour are enough', '클러스터마다 한 시간에 $1번까지만 조치합니다'],
  ];
  return reasons.map(([english, inKorean]) => [new RegExp(`^Not done: ${english}\\.`), `보류: ${inKorean}.`]);
}

/**
 * Why an incident stands as it does, in a language: what is advised besides is left out of the Korean, for it is said by
 * itself. A sentence that has no Korean (such as what a cluster answered) stays as it is.
 */
export function whyIn(why: string, cause: Cause, language: Language): string {
  if (language === 'en') return why;
  const own = why.replace(advice[cause].en, '').trim();
  const known = korean.find(([pattern]) => pattern.test(own));
  return known ? own.replace(known[0], known[1]) : own;
}
