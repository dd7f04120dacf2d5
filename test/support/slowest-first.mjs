/**
 * Suites that take long, the longest first. A clean checkout knows no times of former runs, and a
 * suite of minutes that starts last keeps the other workers idle. An entry too few or in the wrong
 * place costs time alone.
 */
const slowest = [
  'workflows',
  'terraform-layer-reviewed',
  'terraform-layer-interrupted',
  'terraform-layer-killed',
  'terraform-layer-drift',
  'terraform-layer-locks',
  'terraform-layer-end-of-life',
  'ecr-push-promote',
  'ecs-deploy-tasks',
  'terraform-layer-legs',
  'terraform-example',
  'terraform-layer-left-behind',
  'terraform-layer-github',
  'terraform-layer-told',
  'terraform-layer-destroy',
  'terraform-layer',
  'ecr-push.docker',
  'terraform-layer-gates',
  'ecs-deploy-strategies',
  'ecs-deploy-many',
  'ecr-push.podman',
  'ecr-push',
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
