import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Where the user's own configuration of the engines lies; none of it is ever written. */
export interface UserConfig {
  /** Docker's configuration directory. */
  readonly dockerDirectory: string | undefined;
  /** Authentication files of podman and buildah, the first that has a registry wins. */
  readonly authFiles: readonly string[];
}

export interface RegistryLogin {
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** The format of Docker's `config.json` and of containers-auth.json(5), as far as we change it. */
const configSchema = z.looseObject({
  auths: z.record(z.string(), z.unknown()).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});

/**
 * Makes a private Docker configuration in `directory` (mode 0700), with the user's own logins,
 * plugins and contexts and these logins on top.
 *
 * The file is written here and not by `docker login`, which hands passwords to whatever credential
 * helper it finds on the machine, where they would stay.
 *
 * @returns the variables that make docker use it
 */
export async function privateDockerConfig(
  directory: string,
  user: UserConfig,
  logins: readonly RegistryLogin[],
): Promise<Readonly<Record<string, string>>> {
  const home = join(directory, 'docker');
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { mode: 0o700 });
  const { dockerDirectory } = user;
  let config: z.infer<typeof configSchema> = {};
  if (dockerDirectory !== undefined) {
    config = await readConfig(join(dockerDirectory, 'config.json'));
    for (const name of await readdir(dockerDirectory).catch(() => [])) {
      // Plugins, contexts and builders are found beside config.json.
      if (name !== 'config.json') await symlink(join(dockerDirectory, name), join(home, name));
    }
  }
  await writePrivate(join(home, 'config.json'), {
    ...config,
    auths: { ...config.auths, ...authsOf(logins) },
    // An empty helper makes docker look into this file, whatever store it uses otherwise.
    credHelpers: {
      ...config.credHelpers,
      ...Object.fromEntries(logins.map(({ registry }) => [registry, ''])),
    },
  });
  return { DOCKER_CONFIG: home };
}

/**
 * Makes a private authentication file for podman and buildah in `directory`, with the user's own
 * logins and these on top.
 *
 * @returns the variables that make them use it
 */
export async function privateAuthFile(
  directory: string,
  user: UserConfig,
  logins: readonly RegistryLogin[],
): Promise<Readonly<Record<string, string>>> {
  const dockerConfig =
    user.dockerDirectory === undefined ? [] : [join(user.dockerDirectory, 'config.json')];
  let auths: Record<string, unknown> = {};
  let credHelpers: Record<string, string> = {};
  for (const path of [...user.authFiles, ...dockerConfig]) {
    const config = await readConfig(path);
    auths = { ...config.auths, ...auths };
    credHelpers = { ...config.credHelpers, ...credHelpers };
  }
  const path = join(directory, 'auth.json');
  await writePrivate(path, {
    auths: { ...auths, ...authsOf(logins) },
    credHelpers: Object.fromEntries(
      Object.entries(credHelpers).filter(
        ([registry]) => !logins.some((login) => login.registry === registry),
      ),
    ),
  });
  return { REGISTRY_AUTH_FILE: path };
}

function authsOf(logins: readonly RegistryLogin[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    logins.map(({ registry, username, password }) => [
      registry,
      { auth: Buffer.from(`${username}:${password}`).toString('base64') },
    ]),
  );
}

/** A file that is absent or damaged counts as empty: the engine itself would tell the user. */
async function readConfig(path: string): Promise<z.infer<typeof configSchema>> {
  try {
    return configSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return {};
  }
}

async function writePrivate(path: string, content: unknown): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, JSON.stringify(content), { mode: 0o600, flag: 'wx' });
}
