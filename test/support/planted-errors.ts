/** A mistake in a workflow or an `action.yml`, and which checks see it. */
export interface PlantedError {
  readonly what: string;
  /** Default: a file of its own in `.github/workflows`. */
  readonly path?: string;
  readonly text: string;
  /** A part of what each check says; a check that is not named here says nothing. */
  readonly seen: {
    readonly actionlint?: string;
    /** Name of an audit. */
    readonly zizmor?: string;
    readonly parser?: string;
    readonly calls?: string;
  };
}

/** What the planted errors call. */
export const calledWorkflow = `name: called
on:
  workflow_call:
    inputs:
      name: { type: string, required: true }
      dry-run: { type: boolean, default: false }
      minutes: { type: number, default: 1 }
    secrets:
      token: { required: true }
permissions: {}
jobs:
  work:
    runs-on: ubuntu-24.04
    permissions: { contents: read, id-token: write }
    steps:
      - run: echo "$NAME"
        env: { NAME: '\${{ inputs.name }}' }
`;

export const calledPath = '.github/workflows/called.yml';
const local = './.github/workflows/called.yml';
const released = 'org/infra-actions/.github/workflows/called.yml@v1';
const pinned = 'actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8';

const workflow = (jobs: string, { on = 'push', permissions = 'permissions: {}' } = {}): string =>
  ['name: planted', `on: ${on}`, permissions, 'jobs:', jobs]
    .filter((line) => line !== '')
    .join('\n') + '\n';

const steps = (text: string, more = ''): string =>
  `  a:\n    runs-on: ubuntu-24.04\n${more}    steps:\n${text.replace(/^/gm, '      ')}`;

const call = (
  uses: string,
  given: string,
  more = '    secrets: { token: "${{ secrets.T }}" }',
): string =>
  [
    `  a:\n    uses: ${uses}`,
    '    permissions: { contents: read, id-token: write }',
    `    with: { ${given} }`,
    more,
  ].join('\n');

export const plantedErrors: readonly PlantedError[] = [
  {
    what: 'an input that the called workflow of the same repository does not have',
    text: workflow(call(local, 'name: a, nmae: a')),
    seen: { actionlint: '"nmae" is not defined', parser: 'nmae' },
  },
  {
    what: 'an input that the called workflow of a release does not have',
    text: workflow(call(released, 'name: a, nmae: a')),
    seen: { parser: 'nmae' },
  },
  {
    what: 'a required input that is missing',
    text: workflow(call(released, 'dry-run: true')),
    seen: { parser: 'name' },
  },
  {
    what: 'a required secret that is missing',
    text: workflow(call(released, 'name: a', '')),
    seen: { parser: 'token' },
  },
  {
    what: 'a word for a boolean',
    text: workflow(call(released, 'name: a, dry-run: maybe')),
    seen: { calls: 'input "dry-run" is a boolean, not "maybe"' },
  },
  {
    what: 'a boolean in quotes, which is text',
    text: workflow(call(released, 'name: a, dry-run: "true"')),
    seen: { calls: 'input "dry-run" is a boolean, not "true"' },
  },
  {
    what: 'a word for a number',
    text: workflow(call(released, 'name: a, minutes: ten')),
    seen: { calls: 'input "minutes" is a number, not "ten"' },
  },
  {
    what: 'a caller that grants less than the called job asks for',
    text: workflow(call(released, 'name: a').replace(', id-token: write', '')),
    seen: { calls: 'grants id-token: none, and the called job "work" asks for id-token: write' },
  },
  {
    what: 'a caller that grants nothing but what the repository does',
    text: workflow(call(released, 'name: a').replace(/ {4}permissions.*\n/, ''), {
      permissions: '',
    }),
    seen: {
      zizmor: 'excessive-permissions',
      calls: 'grants id-token: none, and the called job "work" asks for id-token: write',
    },
  },
  {
    what: 'a string in double quotes in an expression',
    text: workflow(steps('- run: exit 0\n  if: github.ref == "refs/heads/main"')),
    seen: { actionlint: 'got unexpected character', parser: 'Unexpected symbol' },
  },
  {
    what: 'a property that the context does not have',
    text: workflow(steps('- run: echo "$A"\n  env: { A: "${{ github.evnt_name }}" }')),
    seen: { actionlint: '"evnt_name" is not defined', parser: 'evnt_name' },
  },
  {
    what: 'an output that the needed job does not have',
    text: workflow(
      `${steps('- run: exit 0')}\n  b:\n    needs: [a]\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo "$A"\n        env: { A: "\${{ needs.a.outputs.zzz }}" }`,
    ),
    seen: { actionlint: '"zzz" is not defined', parser: 'zzz' },
  },
  {
    what: 'a needed job that there is none of',
    text: workflow(steps('- run: exit 0', '    needs: [b]\n')),
    seen: { actionlint: 'needs job "b"', parser: "Value 'b' is not valid" },
  },
  {
    what: 'no permissions block',
    text: workflow(steps('- run: exit 0'), { permissions: '' }),
    seen: { zizmor: 'excessive-permissions' },
  },
  {
    what: 'an action that is not pinned',
    text: workflow(steps('- uses: actions/checkout@v6')),
    seen: { zizmor: 'unpinned-uses' },
  },
  {
    what: 'the title of a pull request in a script',
    text: workflow(steps('- run: echo "${{ github.event.pull_request.title }}"'), {
      on: 'pull_request',
    }),
    seen: { actionlint: 'is potentially untrusted', zizmor: 'template-injection' },
  },
  {
    what: 'an input that the action of a release does not have',
    text: workflow(steps('- uses: org/infra-actions/greet@v1\n  with: { who: a, hwo: a }')),
    seen: { parser: 'hwo' },
  },
  {
    what: 'the code of a fork in an event that has secrets',
    text: workflow(
      steps(`- uses: ${pinned}\n  with: { ref: "\${{ github.event.pull_request.head.sha }}" }`),
      { on: 'pull_request_target' },
    ),
    seen: { zizmor: 'dangerous-triggers' },
  },
  {
    what: 'a key that there is none of',
    text: workflow(steps('- run: exit 0', '    runs-one: ubuntu-24.04\n')),
    seen: { actionlint: 'unexpected key "runs-one"', parser: 'runs-one' },
  },
  {
    what: 'a permission that there is none of',
    text: workflow(steps('- run: exit 0', '    permissions: { content: read }\n')),
    seen: { actionlint: 'unknown permission scope "content"', parser: 'content' },
  },
  {
    what: 'a variable without quotes in a script',
    text: workflow(steps('- run: rm -r $RUNNER_TEMP/a')),
    seen: { actionlint: 'SC2086' },
  },
  {
    what: 'an environment on a job that calls a workflow',
    text: workflow(`${call(released, 'name: a')}\n    environment: production`),
    seen: { actionlint: '"environment" is not available', parser: 'environment' },
  },
  {
    what: 'an output that no job of the called workflow has',
    text: workflow(steps('- run: exit 0'), {
      on: '\n  workflow_call:\n    outputs:\n      digest: { value: "${{ jobs.a.outputs.digest }}" }',
    }),
    seen: { actionlint: '"digest" is not defined', parser: 'Context access might be invalid' },
  },
  {
    what: 'a misspelt key, an old runtime and no description in an action.yml',
    path: 'actions/broken/action.yml',
    text: 'name: Broken\ndescripton: Broken\nruns:\n  using: node14\n  main: index.js\n',
    seen: { parser: 'descripton' },
  },
];

/** An action that the planted errors use. */
export const calledAction = `name: Greet
description: Greets somebody.
inputs:
  who:
    description: Who is greeted.
    required: true
runs:
  using: node24
  main: index.js
`;
