import path from 'node:path';
import { Option } from 'commander';
import { counted } from '../../actions/shared/counted.js';
import { UserError } from '../../actions/shared/errors.js';
import { visible } from '../../actions/shared/markdown.js';
import { nearest } from '../../actions/terraform-layer/config/nearest.js';
import {
  renderDot,
  renderJson,
  renderMermaid,
} from '../../actions/terraform-layer/graph/render.js';
import { wavesOf } from '../../actions/terraform-layer/graph/waves.js';
import { loadWorkspace } from '../../actions/terraform-layer/stacks/load-workspace.js';
import type { Workspace } from '../../actions/terraform-layer/stacks/workspace.js';
import type { AddCommand } from '../command.js';
import { repositoryRoot } from '../repository-root.js';
import { styled, wrapped, type Terminal } from '../terminal.js';

interface GraphOptions {
  readonly env: readonly string[];
  readonly format: 'text' | 'mermaid' | 'dot' | 'json';
}

/** `infra graph`: the stacks of a repository, and the order that they are applied in. */
export const addGraph: AddCommand = (program, { terminal, env, workingDirectory }) => {
  program
    .command('graph')
    .summary('show the stacks, and the order that they are applied in')
    .description(
      'Reads infra.yml and the configuration of every stack, and shows them wave by wave: those of one wave wait for none of the same or of a later one. Runs no Terraform.',
    )
    .argument('[dir]', 'directory that holds infra.yml and the stacks', '.')
    .option('-e, --env <name...>', 'these environments only', [])
    .addOption(
      new Option('-f, --format <format>', 'how to show it')
        .choices(['text', 'mermaid', 'dot', 'json'])
        .default('text'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ infra graph --env production
  $ infra graph --format dot | dot -Tsvg > graph.svg
  $ infra graph --format json | jq '.stacks[].displayId'`,
    )
    .action(async (given: string, options: GraphOptions) => {
      const start = path.resolve(workingDirectory, given);
      const root = repositoryRoot(start);
      const directory = path.relative(root, start) || '.';
      const workspace = await loadWorkspace({ root, directory, env });
      terminal.out(render(workspace, options, terminal));
    });
};

function render(workspace: Workspace, { env, format }: GraphOptions, terminal: Terminal): string {
  const names = workspace.config.environments.map(({ name }) => name);
  const unknown = env.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new UserError(
      unknown.map((name) => {
        const like = nearest(name, names);
        return {
          code: 'unknown-environment',
          message: `there is no environment "${name}"`,
          hint: like === undefined ? `environments: ${names.join(', ')}` : `did you mean ${like}?`,
        };
      }),
    );
  }
  const wanted = env.length === 0 ? names : names.filter((name) => env.includes(name));
  const stacks = workspace.stacks.filter(({ environment }) => wanted.includes(environment));
  const only = new Set(stacks.map(({ id }) => id));
  switch (format) {
    case 'text':
      return wanted.map((name) => environmentText(workspace, name, terminal)).join('\n');
    case 'mermaid':
      return renderMermaid(workspace, { only });
    case 'dot':
      return renderDot(workspace, { only });
    case 'json':
      return renderJson(workspace, { only });
  }
}

function environmentText(workspace: Workspace, name: string, terminal: Terminal): string {
  const stacks = workspace.stacks.filter(({ environment }) => environment === name);
  const names = new Map(stacks.map(({ id, displayId }) => [id, displayId]));
  const after = workspace.config.environments.find((one) => one.name === name)?.after ?? [];
  const behind = after.length === 0 ? '' : `, after ${after.join(', ')}`;
  const lines = [
    styled(terminal, 'bold', visible(`${name}: ${counted(stacks.length, 'stack')}${behind}`)),
  ];
  for (const [index, wave] of wavesOf(names.keys(), workspace.edges).entries()) {
    const number = `${index + 1}`.padStart(3);
    const shown = wave.map((id) => names.get(id) ?? id).join(', ');
    const [first = '', ...others] = wrapped(visible(shown), terminal.columns - 5);
    lines.push(`${number}  ${first}`, ...others.map((line) => `     ${line}`));
  }
  return `${lines.join('\n')}\n`;
}
