import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { githubClient } from '../../actions/shared/github-client.js';
import type { AddCommand, CommandContext } from '../command.js';
import { examine, type GithubAccess } from '../doctor/examine.js';
import { countOf, findingsAsJson, findingsAsText } from '../doctor/report.js';
import { exitCodes } from '../exit-codes.js';
import { findRepository, findToken, repositoryPattern } from '../github-access.js';
import { repositoryRoot } from '../repository-root.js';
import { terminalLogger } from '../terminal-logger.js';

interface DoctorOptions {
  readonly repo?: string;
  readonly tokenFromEnv?: true;
  readonly github: boolean;
  readonly json?: true;
}

/** `infra doctor`: what would keep the workflows from running, or leave a gate open. */
export const addDoctor: AddCommand = (program, context) => {
  program
    .command('doctor')
    .summary('find what would keep the workflows from running, or leave a gate open')
    .description(
      'Looks at infra.yml, at the workflows that use infra-actions, and at the settings of the repository on GitHub. Changes nothing.',
    )
    .argument('[dir]', 'directory of the repository', '.')
    .option(
      '--repo <owner/name>',
      'repository on GitHub (default: that of the remote "origin")',
      asRepository,
    )
    .option(
      '--token-from-env',
      'take the token from GH_TOKEN or GITHUB_TOKEN, and never ask gh',
      false,
    )
    .option('--no-github', 'look at files only')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A token is taken from GH_TOKEN or GITHUB_TOKEN, else from "gh auth token". With
Actions, Contents and Administration to read it sees everything; what it may not
see is told as not checked.

Examples:
  $ infra doctor                        the repository around this directory
  $ infra doctor --no-github            before the first push
  $ infra doctor --json | jq '.findings[] | select(.status == "problem")'

Ends with 1 where there is a problem. Warnings, and what was not checked, are
none.`,
    )
    .action(async (directory: string, options: DoctorOptions) => {
      await runDoctor(directory, options, context);
    });
};

function asRepository(value: string): string {
  if (repositoryPattern.test(value)) return value;
  throw new InvalidArgumentError('Write it as owner/name.');
}

async function runDoctor(
  directory: string,
  options: DoctorOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, definitions, env } = context;
  const root = repositoryRoot(path.resolve(context.workingDirectory, directory));
  const github = await openGithub(root, options, context);
  const findings = await examine(root, { definitions, env, github });
  terminal.out(
    options.json === true ? findingsAsJson(findings) : findingsAsText(findings, terminal),
  );
  context.end(countOf(findings, 'problem') > 0 ? exitCodes.problems : exitCodes.fine);
}

async function openGithub(
  root: string,
  { github, repo, tokenFromEnv }: DoctorOptions,
  context: CommandContext,
): Promise<GithubAccess> {
  if (!github) return { kind: 'closed', needs: 'needs GitHub: leave --no-github out' };
  const repository = await findRepository(repo, root, context);
  if (repository === undefined) {
    return { kind: 'closed', needs: 'needs to know the repository: give --repo owner/name' };
  }
  const token = await findToken(context, tokenFromEnv === true);
  if (token === undefined) {
    return { kind: 'closed', needs: 'needs a token: set GH_TOKEN, or run "gh auth login"' };
  }
  const { owner, name, apiUrl } = repository;
  const client = await githubClient(
    token,
    { apiUrl, repository: { owner, name } },
    terminalLogger(context.terminal),
  );
  return { kind: 'open', client, repository: `${owner}/${name}` };
}
