import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { InputReader } from '../../shared/inputs.js';
import type { Secrets } from '../../shared/secrets.js';

/** What reads private module repositories. */
export interface ModuleCredentials {
  /** For repositories on this GitHub, over HTTPS. */
  readonly modulesToken: string | undefined;
  /** Private key in OpenSSH or PEM form. */
  readonly modulesSshKey: string | undefined;
}

/** Reads both inputs; no problem quotes them. */
export function readModuleCredentials(reader: InputReader): ModuleCredentials {
  const modulesToken = reader.text('modules-token');
  if (modulesToken !== undefined && !/^[\x21-\x7e]+$/.test(modulesToken)) {
    reader.problem('modules-token', 'input-malformed', 'a token has no spaces or line breaks');
  }
  const modulesSshKey = reader.text('modules-ssh-key');
  if (
    modulesSshKey !== undefined &&
    !/^-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*-----END [A-Z ]*PRIVATE KEY-----$/.test(
      modulesSshKey,
    )
  ) {
    reader.problem(
      'modules-ssh-key',
      'input-malformed',
      'this is not a private key',
      'the whole file, from -----BEGIN … PRIVATE KEY----- to -----END … PRIVATE KEY-----',
    );
  }
  return { modulesToken, modulesSshKey };
}

/**
 * Host keys of github.com as GitHub publishes them (GitHub documentation, "GitHub's SSH key
 * fingerprints"; `ssh_keys` of the API's meta endpoint). Other hosts are taken at first sight.
 */
const githubHostKeys = [
  'github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
  'github.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=',
];

/**
 * What `terraform init` needs in its environment so that the git it starts reads private modules;
 * nothing is written but the SSH key and the known hosts, in `directory`, which is private to this
 * run and removed by the post step. The user's git configuration stays as it is and goes on
 * counting.
 */
export async function moduleAccess(
  credentials: ModuleCredentials,
  ports: {
    readonly directory: string;
    /** `GITHUB_SERVER_URL`. */
    readonly serverUrl: string;
    /** The child's environment without this. */
    readonly environment: Readonly<Record<string, string>>;
    readonly secrets: Secrets;
  },
): Promise<Readonly<Record<string, string>>> {
  const { modulesToken, modulesSshKey } = credentials;
  const ssh =
    modulesSshKey === undefined
      ? {}
      : { GIT_SSH_COMMAND: await sshCommand(modulesSshKey, ports.directory, ports.secrets) };
  const settings =
    modulesToken === undefined
      ? []
      : tokenSettings(modulesToken, ports.serverUrl, modulesSshKey === undefined, ports.secrets);
  return {
    // A private module that nothing gives access to must fail, not wait for a name and password.
    GIT_TERMINAL_PROMPT: '0',
    ...ssh,
    ...gitSettings(settings, ports.environment),
  };
}

type GitSetting = readonly [key: string, value: string];

/**
 * The header that `actions/checkout` uses too. The empty value first takes away one that is
 * configured already (git-config, "http.extraHeader"): GitHub refuses two. Without an SSH key,
 * sources that name this GitHub over SSH are fetched over HTTPS, so that the token serves them.
 */
function tokenSettings(
  token: string,
  serverUrl: string,
  insteadOfSsh: boolean,
  secrets: Secrets,
): readonly GitSetting[] {
  const base = `${serverUrl.replace(/\/+$/, '')}/`;
  const encoded = Buffer.from(`x-access-token:${token}`).toString('base64');
  secrets.add(token);
  secrets.add(encoded);
  const header = `http.${base}.extraheader`;
  const host = new URL(base).hostname;
  return [
    [header, ''],
    [header, `AUTHORIZATION: basic ${encoded}`],
    ...(insteadOfSsh
      ? ([
          [`url.${base}.insteadOf`, `ssh://git@${host}/`],
          [`url.${base}.insteadOf`, `git@${host}:`],
        ] as const)
      : []),
  ];
}

/** Settings after those that the environment has already (git-config, `GIT_CONFIG_COUNT`). */
function gitSettings(
  settings: readonly GitSetting[],
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (settings.length === 0) return {};
  const own = Number.parseInt(environment['GIT_CONFIG_COUNT'] ?? '0', 10);
  const first = Number.isNaN(own) ? 0 : own;
  const result: Record<string, string> = { GIT_CONFIG_COUNT: String(first + settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    result[`GIT_CONFIG_KEY_${first + index}`] = key;
    result[`GIT_CONFIG_VALUE_${first + index}`] = value;
  }
  return result;
}

async function sshCommand(key: string, directory: string, secrets: Secrets): Promise<string> {
  secrets.add(key);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keyFile = path.join(directory, 'key');
  const knownHosts = path.join(directory, 'known_hosts');
  // OpenSSH wants the last line break, which inputs lose.
  await writeFile(keyFile, `${key.replaceAll('\r', '').trim()}\n`, { mode: 0o600 });
  await writeFile(knownHosts, `${githubHostKeys.join('\n')}\n`, { mode: 0o600 });
  return [
    'ssh',
    `-i ${quoted(keyFile)}`,
    '-o IdentitiesOnly=yes',
    '-o BatchMode=yes',
    '-o StrictHostKeyChecking=accept-new',
    `-o ${quoted(`UserKnownHostsFile="${knownHosts}" ~/.ssh/known_hosts`)}`,
  ].join(' ');
}

/** Git gives the command to a shell. */
function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
