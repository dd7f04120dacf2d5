import type { Problem } from '../../shared/errors.js';
import { roomCharacters } from '../report/output-room.js';
import { isWithinReach } from '../stacks/state-identity.js';
import type { Workspace } from '../stacks/workspace.js';
import { legsOf, matrixOf } from './legs.js';
import { waveEnvironmentOf } from './wave-environment.js';

/** Linux hands a program no longer text than 131,072 bytes (execve(2)): an input is one. */
const mostCharactersOfLeg = 100_000;

/**
 * Why the stacks of a run cannot be shared out over runners: a leg sees what others have done from
 * the notes beside their states alone.
 */
export function legProblems(options: {
  readonly environments: readonly { readonly name: string }[];
  readonly chosen: readonly string[];
  readonly workspace: Pick<Workspace, 'stacks' | 'edges' | 'config'>;
  readonly stacksPerRunner: number;
}): readonly Problem[] {
  const { environments, chosen, workspace, stacksPerRunner } = options;
  const [environment, ...others] = environments;
  if (environment === undefined || others.length > 0) {
    return [
      {
        code: 'legs-of-many-environments',
        message: `legs are those of one environment, and this run has ${environments.length}`,
        at: { input: 'environment' },
        hint: 'name one; call the workflow once for each',
      },
    ];
  }
  const problems: Problem[] = [];
  const waveName = waveEnvironmentOf(environment.name);
  if (workspace.config.environments.some(({ name }) => name === waveName)) {
    problems.push({
      code: 'wave-environment-taken',
      message: `"${waveName}" is what the legs of "${environment.name}" run in, and infra.yml has an environment of that name`,
      hint: 'give one of them another name',
    });
  }
  const legs = legsOf({ environment: environment.name, chosen, workspace, stacksPerRunner });
  const awaited = new Set([...legs.waves.flat(), legs.rest].flatMap(({ after }) => after));
  const unseen = workspace.stacks.filter((stack) => awaited.has(stack.id) && !isWithinReach(stack));
  problems.push(
    ...unseen.slice(0, 20).map((stack) => ({
      code: 'leg-not-noted',
      message: `nothing is noted beside the state of ${stack.displayId} (backend "${stack.backend.type}"), so other runners would not see that it was applied`,
      hint: 'apply this environment with terraform-apply.yml, on one runner',
    })),
  );
  const matrix = matrixOf(legs);
  const longest = Math.max(
    ...[...matrix.waves.flat(), matrix.rest].map(({ leg }) => Buffer.byteLength(leg)),
  );
  if (JSON.stringify(matrix).length > roomCharacters || longest > mostCharactersOfLeg) {
    problems.push({
      code: 'legs-too-large',
      message: 'the legs are more than an output or an input of a job holds',
      at: { input: 'layers' },
      hint: 'name fewer stacks, or split the working directory',
    });
  }
  return problems;
}
