import {
  privateAuthFile,
  privateDockerConfig,
  type RegistryLogin,
  type UserConfig,
} from '../login.js';
import { noOutputs } from '../report.js';
import type { RegistryReference } from '../repository.js';

export interface LoginPorts {
  readonly logIn: (registry: RegistryReference) => Promise<RegistryLogin>;
  /** Private; the post step removes it. */
  readonly workDirectory: string;
  readonly userConfig: UserConfig;
  /** For every later step of the job. */
  readonly exportVariable: (name: string, value: string) => void;
}

/**
 * Logs docker, podman and buildah of later steps in, by files of ours that the variables name; no
 * file of the user's is touched. Returns the step's outputs.
 */
export async function login(
  ports: LoginPorts,
  registries: readonly RegistryReference[],
  accountId: string,
): Promise<Readonly<Record<string, string>>> {
  const wanted = registries.length > 0 ? registries : [{ accountId }];
  const logins = await Promise.all(wanted.map((registry) => ports.logIn(registry)));
  const { workDirectory, userConfig } = ports;
  const variables = {
    ...(await privateDockerConfig(workDirectory, userConfig, logins)),
    ...(await privateAuthFile(workDirectory, userConfig, logins)),
  };
  for (const [name, value] of Object.entries(variables)) ports.exportVariable(name, value);
  const hosts = logins.map(({ registry }) => registry);
  return {
    ...noOutputs,
    registry: hosts[0] ?? '',
    registries: hosts.join('\n'),
    'account-id': accountId,
    'docker-config': variables['DOCKER_CONFIG'] ?? '',
    'auth-file': variables['REGISTRY_AUTH_FILE'] ?? '',
  };
}
