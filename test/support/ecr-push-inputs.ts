import { readInputs, type PushInputs } from '../../actions/ecr-push/inputs.js';
import type { BuildSource } from '../../actions/ecr-push/inputs/source.js';
import { envFrom } from '../../actions/shared/env.js';

/** A build of the workspace with nothing special. */
export function buildSource(changes: Partial<BuildSource> = {}): BuildSource {
  return {
    kind: 'build',
    context: '.',
    file: undefined,
    target: undefined,
    buildArgs: {},
    labels: {},
    platforms: [],
    secrets: [],
    ssh: [],
    cacheFrom: [],
    cacheTo: [],
    provenance: false,
    sbom: false,
    engine: 'auto',
    ...changes,
  };
}

/** The inputs of a push as the action reads them, in eu-west-1. */
export function pushInputs(values: Readonly<Record<string, string>>): PushInputs {
  const env = envFrom({ AWS_REGION: 'eu-west-1' });
  const inputs = readInputs((name) => values[name] ?? '', env, undefined);
  if (inputs.command !== 'push') throw new Error('these are the inputs of another command');
  return inputs;
}
