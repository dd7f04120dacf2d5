import { childEnvironment } from '../../actions/shared/env.js';
import { runProcess } from '../../actions/shared/process.js';

const probes = [
  ['docker', ['info']],
  ['podman', ['info']],
  ['buildah', ['info']],
] as const;

/** The container engine that answers on this machine, if there is one. */
export async function findContainerEngine(): Promise<string | undefined> {
  for (const [command, args] of probes) {
    const answers = await runProcess({ command, args, env: childEnvironment() }).then(
      (result) => result.exitCode === 0,
      () => false,
    );
    if (answers) return command;
  }
  return undefined;
}
