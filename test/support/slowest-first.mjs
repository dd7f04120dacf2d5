/**
 * Suites that take long, the longest first. A clean checkout knows no times of former runs, and a
 * suite of minutes that starts last keeps the other workers idle. An entry too few or in the wrong
 * place costs time alone.
 */
const slowest = [
  'workflows',
  'terraform-layer-interrupted',
  'terraform-layer-reviewed',
  'terraform-layer-killed',
  'terraform-layer-drift',
  'terraform-modules',
  'terraform-example',
  'terraform-layer-locks',
  'waves',
  'terraform-layer-legs',
  'terraform-layer-left-behind',
  'ecr-push-promote',
  'deploy-service',
  'ecs-deploy-tasks',
  'terraform-layer-told',
  'drift',
  'terraform-layer-end-of-life',
  'terraform-layer',
  'deploy-service-outcomes',
  'deploy-service-targets',
  'ecr-push.docker',
  'terraform-layer-records',
  'ecs-deploy-many',
  'ecs-deploy-strategies',
  'terraform-layer-destroy',
  'ecs-deploy-codedeploy',
  'ecr-push.podman',
  'ecr-push',
  'terraform-layer-gates',
  'terraform-layer-github',
];

/** Orders the suites of `scripts/test.ts` (Jest documentation, "testSequencer"). */
export default class SlowestFirst {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || size(b) - size(a));
  }

  cacheResults() {
    // The order is as it is, whatever came of the run.
  }
}

function rank({ path }) {
  const name = /(?:integration|consumer)\/(.*)\.test\.ts$/.exec(path)?.[1];
  const place = slowest.indexOf(name);
  return place === -1 ? slowest.length : place;
}

function size({ context, path }) {
  return context.hasteFS.getSize(path) ?? 0;
}
