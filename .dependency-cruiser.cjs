/** Import rules of the house (docs/adr/0001-house.md). */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'actions-stay-apart',
      comment: 'An action never imports another one; what two of them need moves to shared/.',
      severity: 'error',
      from: { path: '^actions/(?!shared/)([^/]+)/' },
      to: { path: '^actions/(?!shared/)([^/]+)/', pathNot: '^actions/$1/' },
    },
    {
      name: 'shared-knows-no-action',
      severity: 'error',
      from: { path: '^actions/shared/' },
      to: { path: '^actions/(?!shared/)' },
    },
    {
      name: 'nothing-knows-the-cli',
      comment: 'The CLI is a way into the actions; docs are made of what it knows of workflows.',
      severity: 'error',
      from: { path: '^actions/' },
      to: { path: '^cli/' },
    },
    {
      name: 'pure-plan-and-report',
      comment: 'Plans and reports are data and text: no SDK, no toolkit, no file, no process.',
      severity: 'error',
      from: { path: '^actions/[^/]+/(plan|report)\\.ts$' },
      to: {
        path: 'node_modules/(@aws-sdk|@actions|@octokit|execa)/|^(node:)?(fs|fs/promises|child_process)$',
      },
    },
    {
      name: 'actions-do-not-know-the-emulator',
      severity: 'error',
      from: { path: '^(actions|cli)/' },
      to: { path: '^(emulator|test|scripts)/' },
    },
    {
      name: 'emulator-does-not-know-the-actions',
      comment: 'The emulator is written from documentation of AWS and GitHub, never from our code.',
      severity: 'error',
      from: { path: '^emulator/' },
      to: { path: '^(actions|cli|test|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.cache|examples)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
