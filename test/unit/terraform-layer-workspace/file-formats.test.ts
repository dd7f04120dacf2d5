import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { affectedStacks } from '../../../actions/terraform-layer/graph/affected.js';
import { diskFiles } from '../../../actions/terraform-layer/stacks/files.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import { withDirectory } from '../../support/runner.js';
import { arrows, load, problemsOf, s3Backend } from '../../support/stacks.js';

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** A backend and what else a JSON file says. */
const jsonRoot = (key: string, rest: Readonly<Record<string, unknown>> = {}): string =>
  json({ terraform: { backend: { s3: { bucket: 'states', key } } }, ...rest });

describe('configuration in JSON', () => {
  it('has its backend, reads, variables, locals and modules', async () => {
    const workspace = await load({
      'environments/global/main.tf.json': jsonRoot('global.tfstate'),
      'environments/dev/main.tf.json': jsonRoot('dev.tfstate', {
        '//': 'a comment',
        variable: { scope: { type: 'string', default: 'global' } },
        locals: [{ key: '${var.scope}.tfstate' }],
        module: { bucket: [{ source: '../../modules/bucket', name: 'x' }] },
        data: {
          terraform_remote_state: {
            global: { backend: 's3', config: { bucket: 'states', key: '${local.key}' } },
          },
        },
        output: { id: { value: '${data.terraform_remote_state.global.outputs.id}' } },
      }),
      'modules/bucket/main.tf.json': json({
        variable: { name: {} },
        resource: { aws_s3_object: { x: { source: '${path.module}/page.html' } } },
      }),
    });
    expect(arrows(workspace)).toEqual(['dev -> global']);
    expect(workspace.edges[0]?.origins).toMatchObject([
      { kind: 'remote-state', name: 'global', outputs: ['id'] },
    ]);
    const dev = workspace.stacks.find(({ environment }) => environment === 'dev');
    expect(dev).toMatchObject({
      stateKey: 's3://states/dev.tfstate',
      moduleDirectories: ['modules/bucket'],
      reads: ['modules/bucket/page.html'],
    });
  });

  it('names the line of what cannot be told', async () => {
    const text = jsonRoot('dev.tfstate', {
      variable: { name: { type: 'string' } },
      data: {
        terraform_remote_state: {
          other: { backend: 's3', config: { bucket: 'states', key: '${var.name}' } },
        },
      },
    });
    const line = text.split('\n').findIndex((row) => row.includes('${var.name}')) + 1;
    expect(await problemsOf({ 'environments/dev/main.tf.json': text })).toMatchObject([
      { code: 'not-evaluable', at: { file: 'environments/dev/main.tf.json', line } },
    ]);
  });

  it('keeps backslashes, quotes and control characters as they are', async () => {
    const key = 'a\\b"c\ttab\bbell';
    const workspace = await load({ 'environments/dev/main.tf.json': jsonRoot(key) });
    expect(workspace.stacks[0]?.stateKey).toBe(`s3://states/${key}`);
  });

  it('that is no JSON is a problem at its place', async () => {
    expect(
      await problemsOf({
        'environments/dev/main.tf': s3Backend('dev'),
        'environments/dev/more.tf.json': '{\n  "locals": [,\n',
      }),
    ).toMatchObject([{ code: 'json-syntax', at: { file: 'environments/dev/more.tf.json' } }]);
  });
});

describe("OpenTofu's files", () => {
  it('stand in for the Terraform file of the same name', async () => {
    const { stacks } = await load({
      'environments/dev/backend.tf': s3Backend('terraform'),
      'environments/dev/backend.tofu': s3Backend('tofu'),
      'environments/prod/backend.tf.json': jsonRoot('terraform-json'),
      'environments/prod/backend.tofu.json': jsonRoot('tofu-json'),
    });
    expect(stacks.map(({ stateKey }) => stateKey)).toEqual([
      's3://states/tofu',
      's3://states/tofu-json',
    ]);
  });

  it('may have variables in a backend', async () => {
    const { stacks } = await load({
      'environments/dev/main.tofu':
        'variable "name" { default = "dev" }\n' + s3Backend('${var.name}.tfstate'),
    });
    expect(stacks[0]?.stateKey).toBe('s3://states/dev.tfstate');
  });
});

describe('a module that is reached by a link', () => {
  it('is affected by the files where it really lies', async () => {
    await withDirectory(async (root) => {
      await mkdir(path.join(root, 'environments/dev'), { recursive: true });
      await mkdir(path.join(root, 'shared/net'), { recursive: true });
      await writeFile(path.join(root, 'shared/net/main.tf'), '');
      await writeFile(
        path.join(root, 'environments/dev/main.tf'),
        `${s3Backend('dev')}module "net" {\n  source = "../../modules/net"\n}\n`,
      );
      await symlink('shared', path.join(root, 'modules'));
      const workspace = await loadWorkspace({ root });
      const { changed } = affectedStacks({ workspace, changedFiles: ['shared/net/main.tf'] });
      expect(changed.map(({ stack }) => stack.environment)).toEqual(['dev']);
    });
  });
});

describe('a file that is a link', () => {
  it('is read, and its target affects the stack', async () => {
    await withDirectory(async (root) => {
      await mkdir(path.join(root, 'environments/dev'), { recursive: true });
      await mkdir(path.join(root, 'common/node_modules'), { recursive: true });
      await writeFile(path.join(root, 'common/backend.tf'), s3Backend('dev'));
      await writeFile(path.join(root, 'common/node_modules/x.tf'), '');
      await symlink('../../common/backend.tf', path.join(root, 'environments/dev/backend.tf'));
      await symlink('nowhere.tf', path.join(root, 'environments/dev/broken.tf'));
      await symlink('..', path.join(root, 'common/up'));
      const workspace = await loadWorkspace({ root });
      expect(workspace.stacks.map(({ stateKey, reads }) => [stateKey, reads])).toEqual([
        ['s3://states/dev', ['common/backend.tf']],
      ]);
      expect([...diskFiles(root).list('.')].sort()).toEqual([
        'common/backend.tf',
        'common/up',
        'environments/dev/backend.tf',
        'environments/dev/broken.tf',
      ]);
    });
  });
});
